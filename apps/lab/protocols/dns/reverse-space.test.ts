import { reverseName } from '@mirage/model/address.ts'
import { expect, test } from 'vitest'
import { makeWorld } from '../../world/world.ts'
import { makeReverseSpace } from './reverse-space.ts'

const world = makeWorld({ seed: 7, size: 'demo' })
const { ask, zoneOf } = makeReverseSpace(world)
const own6 = '8.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'

test('every machine with a name is found by its address, and every name above it is there', () => {
  for (const { addresses, reverse } of world.machines.values())
    for (const address of addresses) {
      if (reverse === undefined) continue
      const labels = reverseName(address).split('.')
      expect(ask(labels.join('.')), address).toEqual({ exists: true, host: reverse })
      for (let i = 1; i < labels.length - 1; i++)
        expect(ask(labels.slice(i).join('.')), `${address} ${i}`).toEqual({ exists: true, host: undefined })
    }
})

test('a part of the tree in which nothing is does not exist', () => {
  const missing = { exists: false, host: undefined }
  for (const name of [`7.${own6}`, '5.8.b.d.0.1.0.0.2.ip6.arpa', '256.8.18.198.in-addr.arpa', 'x.in-addr.arpa'])
    expect(ask(name), name).toEqual(missing)
})

test('wildcards answer any name below them, and none above', () => {
  expect(ask('7.11.18.198.in-addr.arpa').host).toBe('unassigned.northwind.example')
  expect(ask('256.11.18.198.in-addr.arpa').host).toBe('unassigned.northwind.example')
  expect(ask(`1.2.d.${own6}`).host).toBe('dynamic.northwind.example')
  expect(ask(`d.${own6}`)).toEqual({ exists: true, host: undefined })
})

test('zones are those of who has the block', () => {
  const servers = (name: string): string[] => zoneOf(name).servers
  expect(servers('9.8.18.198.in-addr.arpa')).toEqual(['ns1'])
  expect(servers(`0.${own6}`)).toEqual(['ns1'])
  expect(servers(reverseName('2001:db8:8:a100::7:53'))).toEqual(['corpns'])
  expect(servers(reverseName('2001:db8:64::1'))).toEqual(['tld'])
  expect(zoneOf('7.9.18.198.in-addr.arpa').name).toBe('9.18.198.in-addr.arpa')
})
