import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { DnsQuestion, RecordType } from '@mirage/model/exchange.ts'
import { openDnsEngine } from '@mirage/network/dns/engine.ts'
import type { DnsEngine } from '@mirage/network/dns/engine.ts'
import { startNsd } from '@mirage/network/dns/testing/nsd.ts'
import type { Nsd } from '@mirage/network/dns/testing/nsd.ts'
import { guessNames } from '@mirage/network/dns/guess.ts'
import type { DnsLane } from '@mirage/network/dns/lane.ts'
import { transferZone } from '@mirage/network/dns/transfer.ts'
import type { TransferOptions } from '@mirage/network/dns/transfer.ts'
import { openWildcards } from '@mirage/network/dns/wildcard.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'

const soa = '@ SOA ns.zone.test. host\\.master.zone.test. 7 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n'
const longText = Array.from({ length: 30 }, (_, i) => `"${String.fromCharCode(97 + (i % 26)).repeat(200)}"`).join(' ')

const openZone = `$ORIGIN zone.test.
$TTL 300
${soa}@ MX 10 mail
@ MX 20 mail.elsewhere.test.
@ TXT "v=spf1 -all"
@ CAA 0 issue "ca.example"
@ CAA 128 iodef "mailto:\\"x\\"@zone.test"
mail A 192.0.2.10
mail AAAA 2001:db8::10
www CNAME web.zone.test.
web A 192.0.2.20
web A 192.0.2.21
dangling CNAME nowhere.zone.test.
text TXT "two " "strings" "\\195\\188"
binary TXT "\\255\\000x"
big TXT ${longText}
_sip._tcp SRV 10 60 5060 sip
sip AAAA ::ffff:192.0.2.1
10 PTR host.zone.test.
svc HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
alias SVCB 0 svc.zone.test.
_443._tcp TLSA 3 1 1 0B9FA5A59EED715C26C1020C711B4F6EC42D58B0015E14337A39DAD301C5AFC3
child NS ns.child
child DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
ns.child A 127.0.0.1
dotted\\.label A 192.0.2.30
space\\032byte\\200 A 192.0.2.31
*.wild A 192.0.2.66
*.wild MX 5 mail
real.wild A 192.0.2.67
hidden.wild A 192.0.2.66
*.deep.wild A 192.0.2.68
`

describeWith('DNS against a real nsd', missingPrograms('nsd'), () => {
  let nsd: Nsd
  let engine: DnsEngine
  let lane: DnsLane
  let direct: TransferOptions
  beforeAll(async () => {
    nsd = await startNsd([
      { name: 'zone.test', text: openZone, transfer: true },
      { name: 'closed.test', text: `$ORIGIN closed.test.\n$TTL 300\n${soa}` },
    ])
    engine = openDnsEngine()
    lane = engine.lane({ resolvers: [{ address: '127.0.0.1', port: nsd.port }], recursion: false, timeoutMs: 1_000 })
    direct = {
      connectTcp: (address, port, signal) =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect({ host: address, port, signal })
          socket.once('connect', () => resolve(socket))
          socket.once('error', reject)
        }),
    }
  })
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]()
    await nsd?.[Symbol.asyncDispose]()
  })

  async function data(name: string, type: RecordType): Promise<string[]> {
    const { status, records } = await lane.ask({ name, type })
    return [status, ...records.map((record) => `${record.type} ${record.data}`).toSorted()]
  }

  it('reads every type', async () => {
    const long = Array.from({ length: 30 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(200)).join('')
    const expected: [string, RecordType, ...string[]][] = [
      ['zone.test', 'SOA', 'SOA ns.zone.test host\\.master.zone.test 7 3600 600 86400 300'],
      ['zone.test', 'NS', 'NS ns.zone.test'],
      ['zone.test', 'MX', 'MX 10 mail.zone.test', 'MX 20 mail.elsewhere.test'],
      ['zone.test', 'TXT', 'TXT v=spf1 -all'],
      ['zone.test', 'CAA', 'CAA 0 issue "ca.example"', 'CAA 128 iodef "mailto:\\"x\\"@zone.test"'],
      ['mail.zone.test', 'A', 'A 192.0.2.10'],
      ['mail.zone.test', 'AAAA', 'AAAA 2001:db8::10'],
      ['www.zone.test', 'A', 'A 192.0.2.20', 'A 192.0.2.21', 'CNAME web.zone.test'],
      ['text.zone.test', 'TXT', 'TXT two stringsü'],
      ['binary.zone.test', 'TXT', 'TXT \\255\0x'],
      ['big.zone.test', 'TXT', `TXT ${long}`],
      ['_sip._tcp.zone.test', 'SRV', 'SRV 10 60 5060 sip.zone.test'],
      ['sip.zone.test', 'AAAA', 'AAAA ::ffff:c000:201'],
      ['10.zone.test', 'PTR', 'PTR host.zone.test'],
      ['svc.zone.test', 'HTTPS', 'HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1'],
      ['alias.zone.test', 'SVCB', 'SVCB 0 svc.zone.test'],
      ['_443._tcp.zone.test', 'TLSA', 'TLSA 3 1 1 0B9FA5A59EED715C26C1020C711B4F6EC42D58B0015E14337A39DAD301C5AFC3'],
      ['child.zone.test', 'DS', 'DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118'],
      ['dotted\\.label.zone.test', 'A', 'A 192.0.2.30'],
      ['space\\032byte\\200.zone.test', 'A', 'A 192.0.2.31'],
    ]
    for (const [name, type, ...records] of expected)
      expect([name, ...(await data(name, type))]).toEqual([name, 'NOERROR', ...records])
    expect((await lane.stats()).overTcp).toBe(1)
  })

  it('tells the states apart', async () => {
    expect(await data('gone.zone.test', 'A')).toEqual(['NXDOMAIN'])
    expect(await data('mail.zone.test', 'TXT')).toEqual(['NODATA'])
    expect(await data('_tcp.zone.test', 'A')).toEqual(['NODATA'])
    expect(await data('dangling.zone.test', 'A')).toEqual(['NXDOMAIN', 'CNAME nowhere.zone.test'])
    expect(await data('elsewhere.example', 'A')).toEqual(['REFUSED'])
  })

  it('hands out the zone that may be transferred, and only that', async () => {
    const server = { address: '127.0.0.1', port: nsd.port }
    const transfer = await transferZone('zone.test', server, direct)
    expect(transfer?.complete).toBe(true)
    const names = new Set(transfer?.records.map((record) => record.name))
    for (const name of ['zone.test', '*.wild.zone.test', 'dotted\\.label.zone.test', 'space\\032byte\\200.zone.test'])
      expect(names).toContain(name)
    expect(transfer?.records.find((record) => record.name === 'big.zone.test')?.data).toHaveLength(6_000)
    expect(await transferZone('closed.test', server, direct)).toBeUndefined()
    expect(await transferZone('unknown.test', server, direct)).toBeUndefined()
  })

  it('guesses past wildcards', async () => {
    const wildcards = openWildcards(lane)
    expect(await wildcards.isWildcard('wild.zone.test', 'A')).toBe(true)
    expect(await wildcards.isWildcard('zone.test', 'A')).toBe(false)
    const found: string[] = []
    const labels = ['www', 'mail', 'gone', 'x.wild', 'real.wild', 'hidden.wild', 'y.deep.wild', 'z.real.wild', 'wild']
    for await (const answer of guessNames(lane, wildcards, 'zone.test', labels)) found.push(answer.name)
    // `hidden` has the wildcard's address, but not its MX.
    expect(found.toSorted()).toEqual([
      'hidden.wild.zone.test',
      'mail.zone.test',
      'real.wild.zone.test',
      'wild.zone.test',
      'www.zone.test',
    ])
  })

  it('loses nothing at full speed', async () => {
    function* questions(): Generator<DnsQuestion> {
      for (let i = 0; i < 20_000; i++) yield { name: `h${i}.zone.test`, type: 'A' }
    }
    const states = new Map<string, number>()
    for await (const chunk of lane.resolveChunks(questions()))
      for (const { status } of chunk.answers()) states.set(status, (states.get(status) ?? 0) + 1)
    expect([...states]).toEqual([['NXDOMAIN', 20_000]])
  })
})
