import type { HttpRequest } from '@mirage/model/exchange.ts'
import { expect, test } from 'vitest'
import { openReplay } from './replay.ts'

const { signal } = new AbortController()
const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: {},
  contact: 'stored',
  redirects: 0,
  maxBytes: 1,
  timeoutMs: 1,
  ...more,
})

test('a request that is not declared throws and is noted, and so is one too many', async () => {
  const replay = openReplay({ http: [{ url: 'https://a.example/', sentHeaders: { accept: 'x' } }] })
  await expect(replay.request(request('https://a.example/'), signal)).rejects.toThrow(
    'Unexpected: GET https://a.example/',
  )
  await replay.request(request('https://a.example/', { headers: { accept: 'x' } }), signal)
  await expect(replay.request(request('https://a.example/', { headers: { accept: 'x' } }), signal)).rejects.toThrow(
    'Unexpected',
  )
  expect(replay.unexpected).toHaveLength(2)
})

test('what nobody asked for is named', () => {
  const replay = openReplay({
    http: [{ url: 'https://a.example/', sent: 'x' }],
    dns: 'a.example A 198.18.0.1\ntransfer a.example ns.a.example',
    tcp: { '198.18.0.1': { 22: '' } },
    tls: {},
    whois: { 'whois.example': { a: 'b' } },
    recorded: { 'https://a.example/': { body: '' } },
  })
  expect(replay.unused()).toEqual([
    'POST https://a.example/',
    'TCP 198.18.0.1',
    'WHOIS whois.example a',
    'RECORDED https://a.example/',
    'DNS a.example A 198.18.0.1',
    'DNS transfer a.example ns.a.example',
  ])
})

test('the zone answers as a resolver does', async () => {
  const { dns, unexpected } = openReplay({
    dns: `
      ; a comment
      www.a.example  60 CNAME  web.a.example
      web.a.example  A  198.18.0.1
      loop.a.example CNAME loop.a.example
      *.dev.a.example A 198.18.0.9
      broken.a.example SERVFAIL
      dangling.a.example CNAME gone.a.example
      gone.a.example NXDOMAIN
    `,
  })
  const ask = async (name: string, type: 'A' | 'AAAA' | 'MX'): Promise<string> => {
    const { status, records } = await dns.resolve(name, type)
    return [status, ...records.map((record) => `${record.name} ${record.ttl} ${record.type} ${record.data}`)].join(
      ' | ',
    )
  }
  expect(await ask('www.a.example', 'A')).toBe(
    'NOERROR | www.a.example 60 CNAME web.a.example | web.a.example 300 A 198.18.0.1',
  )
  expect(await ask('web.a.example', 'MX')).toBe('NODATA')
  expect(await ask('x.dev.a.example', 'A')).toBe('NOERROR | x.dev.a.example 300 A 198.18.0.9')
  expect(await ask('broken.a.example', 'A')).toBe('SERVFAIL')
  expect(await ask('dangling.a.example', 'A')).toBe('NXDOMAIN | dangling.a.example 300 CNAME gone.a.example')
  expect(await ask('loop.a.example', 'A')).toMatch(/^SERVFAIL/)
  await expect(dns.resolve('other.example', 'A')).rejects.toThrow('Unexpected: DNS other.example A')
  expect(unexpected).toEqual(['DNS other.example A'])
  expect(() => openReplay({ dns: 'a.example B c' })).toThrow('Not a line of a replayed zone')
})
