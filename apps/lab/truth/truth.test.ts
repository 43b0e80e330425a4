import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCanonical } from '@mirage/model/registry.ts'
import { relationshipKinds } from '@mirage/model/relationship.ts'
import { describe, expect, test } from 'vitest'
import { makeWorld } from '../world/world.ts'
import { portOf } from './address.ts'
import { faviconFingerprint } from './favicon.ts'
import { labTruth, oracles, type TruthLine } from './truth.ts'

const demo = await Array.fromAsync(labTruth({ size: 'demo', seed: 7 }))
const large = await Array.fromAsync(labTruth({ size: '10k', seed: 7 }))

type EntityLine = Extract<TruthLine, { kind: 'entity' }>
type EdgeLine = Extract<TruthLine, { kind: 'relationship' }>

const isEntity = (line: TruthLine): line is EntityLine => line.kind === 'entity'
const isEdge = (line: TruthLine): line is EdgeLine => line.kind === 'relationship'

function find(lines: TruthLine[], from: string, type: string, to: string): EdgeLine | undefined {
  return lines.filter(isEdge).find((line) => line.from === from && line.type === type && line.to === to)
}

describe.each([
  ['demo', demo],
  ['10k', large],
])('the truth of the %s world', (_size, lines) => {
  test('has only canonical values and known kinds', () => {
    expect(lines.filter(isEntity).filter(({ type, value }) => !isCanonical(type, value))).toEqual([])
    expect(lines.filter(isEdge).filter(({ type }) => !relationshipKinds.includes(type))).toEqual([])
  })

  test('says every line once, and every end of an edge is an entity', () => {
    const entities = lines.filter(isEntity).map(({ type, value }) => `${type}:${value}`)
    const edges = lines.filter(isEdge).map(({ from, type, qualifier, to }) => `${from} ${type} ${qualifier} ${to}`)
    const known = new Set(entities)
    expect(known.size).toBe(entities.length)
    expect(new Set(edges).size).toBe(edges.length)
    expect(
      lines
        .filter(isEdge)
        .flatMap(({ from, to }) => [from, to])
        .filter((end) => !known.has(end)),
    ).toEqual([])
  })

  test('credits an edge only where its discoverer finds the far end, too', () => {
    const by = new Map(lines.filter(isEntity).map((line) => [`${line.type}:${line.value}`, line.by]))
    const wrong = lines
      .filter(isEdge)
      .flatMap(({ from, to, by: discoverers }) => discoverers.map((module) => ({ module, from, to })))
      .filter(
        ({ module, from, to }) =>
          !by.get(to)!.includes(module) && !by.get(from)!.includes(module) && to !== 'domain:northwind.example',
      )
    expect(wrong).toEqual([])
  })
})

describe('conventions', () => {
  test('every oracle stands in the table of the README', () => {
    const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
    expect(oracles.map(({ id }) => id).filter((id) => !readme.includes(`| \`${id}\``))).toEqual([])
  })

  test('records of an alias hang on the last name of its chain', () => {
    expect(find(demo, 'domain:shop.northwind.example', 'dns_record', 'domain:northwind.myshopify.com')?.by).toEqual([
      'dns-resolve',
    ])
    const [address] = makeWorld({ seed: 7, size: 'demo' }).addressesOf('shop.northwind.example')
    expect(find(demo, 'domain:shops.myshopify.com', 'dns_record', `ip-address:${address}`)?.by).toContain('dns-resolve')
    expect(find(demo, 'domain:shop.northwind.example', 'dns_record', `ip-address:${address}`)).toBeUndefined()
  })

  test('traps are not there', () => {
    const text = demo.map((line) => JSON.stringify(line)).join('\n')
    const traps = ['cheap-trips', 'loans-now', 'UA-99999999', 'owner@domain-meadow', 'GB00NWND', 'nobody@', '*.']
    expect(traps.filter((trap) => text.includes(trap))).toEqual([])
    const redirectPage = makeWorld({ seed: 7, size: 'demo' }).machines.get('liarPage')!.addresses[0]!
    expect(text).not.toContain(redirectPage)
    expect(
      demo
        .filter(isEntity)
        .some(({ value }) => /^[a-z]+\.(eu\.)?preview\.northwind\.example$/.test(value) && !/^(main|eu)\./.test(value)),
    ).toBe(false)
  })

  test('what nobody can discover is there without a discoverer', () => {
    const hidden = demo.filter(isEntity).find(({ value }) => value === 'k7-orchid-internal.northwind.example')
    expect(hidden?.by).toEqual([])
  })

  test('a chain of names is followed where there is one, and ends where another zone begins', () => {
    const by = (name: string) => demo.filter(isEntity).find(({ value }) => value === `${name}.northwind.example`)?.by
    for (const name of ['ledger-q3-7f.data', 'feeds.data', 'kestrel-4.west-pier.data', 'depot.data'])
      expect(by(name), name).toContain('dns-walk')
    for (const name of ['quartz-relay-31.cloud', 'bay-12-heron.depot.data', 'west-pier.data'])
      expect(by(name), name).toEqual([])
  })

  test('a block is swept where it is a target, and what is found there is looked at', async () => {
    const blocks = ['198.18.8.0/22', '2001:db8:8::/48']
    const swept = await Array.fromAsync(labTruth({ size: 'demo', seed: 7, blocks }))
    for (const host of ['console-7', 'heron-6', 'pier-6'].map((label) => `${label}.northwind.example`)) {
      const [address] = makeWorld({ seed: 7, size: 'demo' }).addressesOf(host)
      const block = address!.includes(':') ? blocks[1] : blocks[0]
      const held = [`netblock:${block}`, 'contains', `ip-address:${address}`] as const
      const port = [`ip-address:${address}`, 'port', `open-port:${portOf(address!, 22)}`] as const
      expect([find(demo, ...held)?.by ?? [], find(demo, ...port)?.by ?? []], host).toEqual([[], []])
      expect(find(swept, ...held)?.by, host).toContain('dns-sweep')
      expect(find(swept, ...port)?.by, host).toContain('port-scan')
    }
    expect(JSON.stringify(swept)).not.toMatch(/unassigned|dynamic\./)
    await expect(Array.fromAsync(labTruth({ size: '10k', seed: 7, blocks }))).rejects.toThrow('demo world')
  })

  test('machines that many share are not for port scans where somebody tells that', async () => {
    const world = makeWorld({ seed: 7, size: 'demo' })
    const [address] = world.addressesOf('events.northwind.example')
    const port = [`ip-address:${address}`, 'port', `open-port:${address}:443/tcp`] as const
    expect(find(demo, ...port)?.by).toEqual(['internetdb', 'shodan'])
    const modules = ['dns-resolve', 'urlscan', 'port-scan']
    const untold = await Array.fromAsync(labTruth({ size: 'demo', seed: 7, modules }))
    expect(find(untold, ...port)?.by).toEqual(['port-scan'])
    const told = await Array.fromAsync(labTruth({ size: 'demo', seed: 7, modules: [...modules, 'internetdb'] }))
    expect(find(told, ...port)?.by).toEqual(['internetdb'])
  })

  test('a machine of a delivery network is as far as its name where nobody tells who else is there', () => {
    const [address] = makeWorld({ seed: 7, size: 'demo' }).addressesOf('static.northwind.example')
    expect(find(demo, `ip-address:${address}`, 'port', `open-port:${address}:443/tcp`)?.by).toEqual([
      'internetdb',
      'shodan',
    ])
  })

  test('blocks of the fleet are asked about as all others are', () => {
    const located = large.filter(isEdge).filter(({ from, type }) => from.startsWith('netblock:') && type === 'location')
    for (const block of ['198.19.0.0/16', '198.19.0.0/20', '2001:db8:f000::/36'])
      expect(located.find(({ from }) => from === `netblock:${block}`)?.by, block).toEqual(['ripestat-geo'])
  })

  test('certificates without names are met, and lead to no name', () => {
    const { certificates } = makeWorld({ seed: 7, size: 'demo' })
    for (const machine of ['voip1', 'office']) {
      const from = `certificate:${certificates.presentedBy(machine, undefined)!.fingerprint}`
      expect(demo.filter(isEdge).find(({ to }) => to === from)?.by, machine).toEqual(['tls-certificate'])
      expect(demo.filter(isEdge).filter((line) => line.from === from)).toEqual([])
    }
  })

  test('fewer modules discover less, through each other', async () => {
    const alone = await Array.fromAsync(labTruth({ size: 'demo', seed: 7, modules: ['rdap-ip'] }))
    expect(alone.filter(({ by }) => by.length > 0)).toEqual([])
    const both = await Array.fromAsync(labTruth({ size: 'demo', seed: 7, modules: ['rdap-ip', 'dns-resolve'] }))
    expect(both.filter(({ by }) => by.includes('rdap-ip')).length).toBeGreaterThan(0)
    expect(both.filter(isEntity).filter(({ by }) => by.some((id) => id !== 'rdap-ip' && id !== 'dns-resolve'))).toEqual(
      [],
    )
  })

  test('a favicon is hashed as scanners hash it', () => {
    // MurmurHash3 of the base64 text, computed with the reference implementation (mmh3 for Python).
    expect(faviconFingerprint(Buffer.from(''))).toBe('favicon-mmh3:0')
  })
})
