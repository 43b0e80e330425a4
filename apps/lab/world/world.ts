import type { DnsRecord } from '@mirage/model/exchange.ts'
import { contains } from '@mirage/model/netblock.ts'
import { type Account, makeAccounts } from './account.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import { type Fleet, makeFleet } from './fleet.ts'
import type { Machine } from './machine.ts'
import { makeMachines } from './machines.ts'
import { type AutonomousSystem, type Network, networksOf, systemsOf } from './network.ts'
import { makePeople, type Person } from './people.ts'
import { type DomainRegistration, makeRegistration } from './registration.ts'
import type { Site } from './site.ts'
import { makeSites } from './sites/sites.ts'
import { type WorldSize, worldSizes } from './size.ts'
import { makeZones, type Zone } from './zones.ts'

/** The whole synthetic internet, the same for the same seed and size. Nothing in it changes. */
export interface World {
  readonly seed: number
  readonly size: WorldSize
  readonly networks: readonly Network[]
  readonly systems: readonly AutonomousSystem[]
  readonly machines: ReadonlyMap<string, Machine>
  readonly people: readonly Person[]
  readonly accounts: readonly Account[]
  readonly zones: ReadonlyMap<string, Zone>
  /** Every record of the hand-made zones, by owner; wildcard owners begin with `*.`. */
  readonly records: ReadonlyMap<string, readonly DnsRecord[]>
  /** The names of the larger worlds. */
  readonly fleet: Fleet
  readonly certificates: Certificates
  readonly sites: readonly Site[]
  /** The hand-made site of a host name. */
  siteOf(host: string): Site | undefined
  /** The hand-made machine at an address. */
  machineAt(address: string): Machine | undefined
  /** The most specific announced network that holds an address. */
  networkOf(address: string): Network | undefined
  /** The registration of a registrable domain of the world. */
  registrationOf(domain: string): DomainRegistration | undefined
  /** The addresses of a hand-made name or of one of the fleet, aliases followed, wildcards left out. */
  addressesOf(name: string): string[]
  /** The PTR name of an address. */
  reverseOf(address: string): string | undefined
}

/** The world of this seed and size. */
export function makeWorld({ seed, size }: { seed: number; size: WorldSize }): World {
  const names = worldSizes[size]
  const networks = networksOf(names)
  const machines = makeMachines(networks, seed)
  const machineByAddress = new Map(
    machines.flatMap((machine) => machine.addresses.map((address) => [address, machine])),
  )
  const people = makePeople(seed)
  const fleet = makeFleet(seed, names)
  const zones = new Map<string, Zone>()
  const records = new Map<string, DnsRecord[]>()
  for (const { zone, records: held } of makeZones(machines)) {
    zones.set(zone.name, zone)
    for (const record of held) {
      const known = records.get(record.name) ?? []
      // A delegation and its glue stand in both zones.
      if (!known.some(({ type, data }) => type === record.type && data === record.data))
        records.set(record.name, [...known, record])
    }
  }
  const registrations = new Map<string, DomainRegistration>()
  for (const zone of zones.values())
    if (zone.name.split('.').length === 2)
      registrations.set(zone.name, makeRegistration(zone.name, dataOf(zone.name, 'NS'), people, seed))

  function dataOf(name: string, type: string): string[] {
    return (records.get(name) ?? []).filter((record) => record.type === type).map(({ data }) => data)
  }
  function addressesOf(name: string): string[] {
    let owner = name
    for (let hops = 0; hops < 10; hops++) {
      const index = fleet.indexOf(owner)
      if (index >= 0) {
        const found = [...fleet.records(index, 'A'), ...fleet.records(index, 'AAAA')]
        const alias = found.find(({ type }) => type === 'CNAME')
        if (!alias) return found.map(({ data }) => data)
        owner = alias.data
        continue
      }
      const [alias] = dataOf(owner, 'CNAME')
      if (alias === undefined) return [...dataOf(owner, 'A'), ...dataOf(owner, 'AAAA')]
      owner = alias
    }
    return []
  }
  const sites = makeSites(people, seed)
  const siteByHost = new Map(sites.flatMap((site) => site.hosts.map((host) => [host, site])))
  const machineById = new Map(machines.map((machine) => [machine.id, machine]))
  return {
    seed,
    size,
    networks,
    systems: systemsOf(networks),
    machines: machineById,
    certificates: makeCertificates(seed, fleet, machineById),
    sites,
    siteOf: (host) => siteByHost.get(host),
    people,
    accounts: makeAccounts(people),
    zones,
    records,
    fleet,
    machineAt: (address) => machineByAddress.get(address),
    networkOf: (address) => networks.find(({ prefix }) => contains(prefix, address)),
    registrationOf: (domain) => registrations.get(domain),
    addressesOf,
    reverseOf(address) {
      const slot = fleet.slotOf(address)
      return slot >= 0 ? fleet.nameOf(slot) : machineByAddress.get(address)?.reverse
    },
  }
}
