import { X509Certificate } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeFleet } from './fleet.ts'
import { parseWorldSize } from './size.ts'
import { issuancesOf } from './transparency.ts'
import { answerWeb, serviceAt } from './web.ts'
import { makeWorld } from './world.ts'
import { parseZoneText } from './zone-text.ts'

const world = makeWorld({ seed: 7, size: 'demo' })

describe('the world', () => {
  test('is the same for the same seed, and another for another', () => {
    const again = makeWorld({ seed: 7, size: 'demo' })
    const other = makeWorld({ seed: 8, size: 'demo' })
    expect([...again.records]).toEqual([...world.records])
    expect(again.certificates.presentedBy('web1', undefined)).toEqual(world.certificates.presentedBy('web1', undefined))
    expect(other.addressesOf('www.northwind.example')).not.toEqual(world.addressesOf('www.northwind.example'))
    expect(other.people).not.toEqual(world.people)
  })

  test('has about fifty hosts of the demo company, each at an address of a machine', () => {
    const hosts = [...world.records.keys()].filter(
      (name) => name.endsWith('northwind.example') && world.addressesOf(name).length > 0,
    )
    expect(hosts.length).toBeGreaterThanOrEqual(50)
    const addresses = hosts.flatMap((host) => world.addressesOf(host)).filter((address) => !address.startsWith('10.'))
    expect(addresses.filter((address) => !world.machineAt(address))).toEqual([])
  })

  test('gives no address twice, and announces every address', () => {
    const addresses = [...world.machines.values()].flatMap((machine) => machine.addresses)
    expect(new Set(addresses).size).toBe(addresses.length)
    expect(addresses.filter((address) => !world.networkOf(address))).toEqual([])
  })

  test('serves every host of a site from the machine that the host resolves to', () => {
    const hosts = world.sites.flatMap(({ hosts, machine }) => hosts.map((host) => ({ host, machine })))
    expect(hosts.map(({ host }) => ({ host, machine: world.machineAt(world.addressesOf(host)[0] ?? '')?.id }))).toEqual(
      hosts,
    )
    const silent = hosts.filter(
      ({ host, machine }) =>
        !answerWeb(world, {
          address: world.addressesOf(host)[0]!,
          port: machine === 'legacy1' ? 80 : 443,
          host,
          path: '/',
        }),
    )
    expect(silent).toEqual([])
  })

  test('refuses an unknown size by naming the choices', () => {
    expect(() => parseWorldSize('huge')).toThrow('demo, 10k, 100k, 1m')
    expect(() => parseWorldSize('constructor')).toThrow(RangeError)
  })

  test('names the machine that a zone wants and that is not there', () => {
    expect(() => parseZoneText('zone.example', 'www HOST nobody', new Map())).toThrow(
      'zone.example: no machine "nobody"',
    )
  })
})

describe('certificates', () => {
  test('are signed by the authority of the world and name what their machines serve', () => {
    const root = new X509Certificate(world.certificates.root.der)
    const intermediate = new X509Certificate(world.certificates.intermediate.der)
    const leaf = new X509Certificate(world.certificates.presentedBy('web1', 'www.northwind.example')!.der)
    expect(root.verify(root.publicKey)).toBe(true)
    expect(intermediate.verify(root.publicKey)).toBe(true)
    expect(leaf.verify(intermediate.publicKey)).toBe(true)
    expect(leaf.checkHost('www.northwind.example')).toBe('www.northwind.example')
    expect(leaf.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
      world.certificates.presentedBy('web1', undefined)!.fingerprint,
    )
  })

  test('hold the expired, the mismatched, the self-signed and the nameless one', () => {
    const present = (machine: string, host: string): X509Certificate =>
      new X509Certificate(world.certificates.presentedBy(machine, host)!.der)
    expect(present('vpn1', 'vpn.northwind.example').validTo).toMatch(/2020/)
    expect(present('ec2', 'batch.northwind.example').checkHost('batch.northwind.example')).toBeUndefined()
    const own = present('corpweb', 'intranet.corp.northwind.example')
    expect(own.verify(own.publicKey)).toBe(true)
    expect(present('office', 'office-london.corp.northwind.example').subjectAltName).toBeUndefined()
    expect(present('office', 'office-london.corp.northwind.example').subject).toBeUndefined()
    const gateway = present('voip1', 'sip.northwind.example')
    expect({ subject: gateway.subject, names: gateway.subjectAltName }).toEqual({
      subject: 'CN=SIP gateway 00:53:ac',
      names: undefined,
    })
  })

  test('are listed by growing id, and only for names of the domain', () => {
    const listed = [...issuancesOf(world, 'northwind.example', 'certspotter')]
    expect(listed.map(({ id }) => id)).toEqual(listed.map(({ id }) => id).sort((a, b) => a - b))
    for (const { names } of listed) expect(names.some((name) => name.endsWith('northwind.example'))).toBe(true)
    expect([...issuancesOf(world, 'wind.example', 'crtsh')]).toEqual([])
  })
})

describe('the fleet', () => {
  const fleet = makeFleet(7, 1_000_000)

  test('reads every name back to its number', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999 }), (index) => {
        expect(fleet.indexOf(fleet.nameOf(index))).toBe(index)
      }),
    )
  })

  test('knows no name that it did not give', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
    fc.assert(
      fc.property(label, fc.constantFrom('osl', 'lon', 'nowhere'), (text, site) => {
        const name = `${text}.${site}.northwind.example`
        const index = fleet.indexOf(name)
        return index === -1 || fleet.nameOf(index) === name
      }),
    )
    expect(fleet.indexOf('amber-falcon-007.osl.northwind.example')).toBe(-1)
    expect(fleet.indexOf(`x${fleet.nameOf(5)}`)).toBe(-1)
    expect(makeFleet(7, 0).indexOf(fleet.nameOf(5))).toBe(-1)
  })

  test('finds the name behind its IPv6 address', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999 }), (index) => {
        const address = fleet.address6Of(index)
        expect(address === undefined ? index : fleet.indexOf6(address)).toBe(index)
      }),
    )
  })

  test('lists at an address exactly the names that resolve to it', () => {
    for (const slot of [0, 17, 64_999])
      for (const index of fleet.namesAt(slot))
        expect(fleet.records(index, 'A').map(({ data }) => data)).toEqual([fleet.slotAddress(slot)])
  })

  test('answers on its ports as the index of scanners says', () => {
    const large = makeWorld({ seed: 7, size: '10k' })
    const slot = Array.from({ length: 100 }, (_, i) => i).find((i) => large.fleet.isWeb(i))!
    expect(serviceAt(large, large.fleet.slotAddress(slot), 443)).toMatchObject({ protocol: 'https' })
    expect(serviceAt(large, large.fleet.slotAddress(slot), 25)).toBe('closed')
    expect(serviceAt(large, '198.19.200.1', 443)).toBeUndefined()
  })
})
