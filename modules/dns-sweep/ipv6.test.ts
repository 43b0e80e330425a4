import { addressOfReverseName, reverseName } from '@mirage/model/address.ts'
import type { DnsAnswer, DnsQuestion, DnsStatus } from '@mirage/model/exchange.ts'
import { addressesOf, contains, netblockOf } from '@mirage/model/netblock.ts'
import { ModuleError } from '@mirage/module-sdk'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sweepIpv6 } from './ipv6.ts'

type Tree = (name: string) => { status: DnsStatus; host?: string }

/** The addresses that a sweep finds, and how much it asks for them. */
async function sweep(block: string, tree: Tree, most = 65_536) {
  let asked = 0
  async function* resolve(questions: Iterable<DnsQuestion>): AsyncGenerator<DnsAnswer, void, void> {
    for (const { name, type } of questions) {
      asked++
      const { status, host } = tree(name)
      const records = host === undefined ? [] : [{ name, type, ttl: 60, data: host }]
      yield { name, type, status, records, server: '' }
    }
  }
  const found: string[] = []
  let whole = true
  try {
    for await (const { name } of sweepIpv6(netblockOf(block), resolve, most)) found.push(addressOfReverseName(name)!)
  } catch (error) {
    if (!(error instanceof ModuleError) || error.outcome !== 'skipped') throw error
    whole = false
  }
  return { found: found.sort(), whole, asked }
}

/** A tree of these addresses, as RFC 8020 wants it. */
function treeOf(addresses: string[]): Tree {
  const names = addresses.map(reverseName)
  const above = new Set(names.flatMap((name) => name.split('.').map((_, i, labels) => labels.slice(i).join('.'))))
  return (name) => {
    if (names.includes(name)) return { status: 'NOERROR', host: 'some.host.example' }
    return { status: above.has(name) ? 'NODATA' : 'NXDOMAIN' }
  }
}

test('finds what is there and nothing else, whatever the prefix, and asks for little', async () => {
  const nibble = fc.constantFrom(0, 1, 0xa, 0xf)
  const group = fc.tuple(nibble, nibble).map(([a, b]) => (a * 4096 + b).toString(16))
  const address = fc.array(group, { minLength: 6, maxLength: 6 }).map((groups) => `2001:db8:${groups.join(':')}`)
  const addresses = fc
    .array(address, { maxLength: 6 })
    .map((all) => all.map((one) => addressOfReverseName(reverseName(one))!))
  await fc.assert(
    fc.asyncProperty(addresses, fc.integer({ min: 1, max: 128 }), async (there, prefix) => {
      const block = `${there[0] ?? '2001:db8::'}/${prefix}`
      const { found, whole, asked } = await sweep(block, treeOf(there))
      expect(found).toEqual([...new Set(there)].filter((one) => contains(block, one)).sort())
      expect(whole).toBe(true)
      expect(asked).toBeLessThanOrEqual(16 + there.length * 32 * 16)
    }),
  )
})

test('a block full of names is found whole', async () => {
  const all = [...addressesOf('2001:db8::/117')].map((address) => addressOfReverseName(reverseName(address))!)
  expect((await sweep('2001:db8::/64', treeOf(all))).found).toEqual(all.sort())
})

test('subnets in every part of a block are found, however full its upper levels are', async () => {
  const all = Array.from({ length: 256 }, (_, i) => `2001:db8:${(i * 256 + 1).toString(16)}:7::1`).sort()
  expect((await sweep('2001:db8::/32', treeOf(all), 1_000_000)).found).toEqual(all)
})

test('a tree that its server makes up is left', async () => {
  const everything = await sweep('2001:db8::/32', () => ({ status: 'NODATA' }))
  expect(everything).toMatchObject({ found: [], whole: true })
  expect(everything.asked).toBeLessThan(300)
  const wildcard = await sweep('2001:db8::/32', (name) =>
    name === '8.b.d.0.1.0.0.2.ip6.arpa' ? { status: 'NODATA' } : { status: 'NOERROR', host: 'any.example' },
  )
  expect(wildcard).toEqual({ found: [], whole: true, asked: 17 })
  const generated = await sweep('2001:db8::/32', (name) =>
    addressOfReverseName(name) === undefined ? { status: 'NODATA' } : { status: 'NOERROR', host: 'any.example' },
  )
  expect(generated).toMatchObject({ found: [], whole: true })
  expect(generated.asked).toBeLessThan(300)
})

test('more questions than it may ask end it with what was found', async () => {
  const there = Array.from({ length: 128 }, (_, i) => `2001:db8:${(i * 512).toString(16)}:1::1`)
  const { found, whole, asked } = await sweep('2001:db8::/32', treeOf(there), 30_000)
  expect(whole).toBe(false)
  expect(found.length).toBeGreaterThan(0)
  expect(asked).toBeLessThanOrEqual(30_000)
})
