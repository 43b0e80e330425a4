import { isApex } from '@mirage/model/domain-name.ts'
import { commonPorts } from '../world/labels.ts'
import { indexedView, productOfCpe } from '../world/indexed.ts'
import {
  autnumRegistration,
  type DomainRegistration,
  networkRegistration,
  type RegistrationContact,
} from '../world/registration.ts'
import { servicesAt } from '../world/web.ts'
import type { World } from '../world/world.ts'
import { type Fact, type Oracle, saw, sawFrom, type Thing, thing } from './fact.ts'

const isAddress = ({ type, value }: Thing): boolean => type === 'ip-address' && isPublic(value)

/** Addresses of the world; private and special ones appear in records, too, and nobody asks about them. */
export function isPublic(address: string): boolean {
  return /^198\.1[89]\.|^2001:db8:/.test(address)
}

/** The value of a TCP port. */
export function portOf(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}/tcp`
}

/** Address and port of an `open-port` value. */
export function addressOf(value: string): { address: string; port: number } {
  const [, address = '', port = '0'] = /^\[?([^\]]+?)\]?:(\d+)\/tcp$/.exec(value) ?? []
  return { address, port: Number(port) }
}

export const addressOracles: readonly Oracle[] = [
  {
    id: 'port-scan',
    contact: 'target',
    consumes: isAddress,
    *facts(address, world) {
      for (const { port, protocol, product } of servicesAt(world, address.value)) {
        if (!commonPorts.includes(port)) continue
        const open = thing('open-port', portOf(address.value, port))
        yield saw(address, 'port', 'open-port', open.value)
        if (product === undefined) continue
        const service = thing('service', `${open.value} ${protocol} ${product}`)
        yield saw(open, 'product_used', 'service', service.value)
        yield saw(service, 'product_used', 'technology', product)
      }
    },
  },
  {
    id: 'internetdb',
    contact: 'stored',
    consumes: isAddress,
    *facts(address, world) {
      const view = address.value.includes(':') ? undefined : indexedView(world, address.value)
      if (!view) return
      for (const { port } of view.services) yield saw(address, 'port', 'open-port', portOf(address.value, port))
      for (const name of view.hostNames) yield saw(address, 'co_hosted_with', 'domain', name)
      for (const { cpe } of view.products) yield saw(address, 'product_used', 'technology', productOfCpe(cpe))
      for (const id of view.vulnerabilities) yield sawFrom(address, 'affects', 'vulnerability', id)
    },
  },
  {
    id: 'shodan',
    contact: 'stored',
    consumes: isAddress,
    *facts(address, world) {
      const view = address.value.includes(':') ? undefined : indexedView(world, address.value)
      if (!view) return
      for (const { port, product } of view.services) {
        const open = thing('open-port', portOf(address.value, port))
        yield saw(address, 'port', 'open-port', open.value)
        if (product !== undefined) yield saw(open, 'product_used', 'technology', product)
      }
      for (const name of view.hostNames) yield saw(address, 'co_hosted_with', 'domain', name)
      for (const id of view.vulnerabilities) yield sawFrom(address, 'affects', 'vulnerability', id)
    },
  },
  { id: 'team-cymru', contact: 'stored', consumes: isAddress, facts: originFacts },
  {
    id: 'ripestat',
    contact: 'stored',
    consumes: (asked) => isAddress(asked) || asked.type === 'asn',
    *facts(asked, world) {
      if (asked.type === 'ip-address') yield* originFacts(asked, world)
      else
        for (const { asn, prefix } of world.networks)
          if (asked.value === `AS${asn}`) yield saw(asked, 'announces', 'netblock', prefix)
    },
  },
  {
    id: 'rdap-ip',
    contact: 'stored',
    consumes: isAddress,
    *facts(address, world) {
      const network = world.networkOf(address.value)
      if (!network) return
      const { startAddress, endAddress, blocks, contacts } = networkRegistration(network)
      const registration = thing('network-registration', `${startAddress}-${endAddress}`)
      for (const block of blocks) {
        yield sawFrom(address, 'contains', 'netblock', block)
        yield saw(thing('netblock', block), 'registration', 'network-registration', registration.value)
      }
      for (const contact of contacts) yield* contactFacts(registration, contact)
    },
  },
  {
    id: 'rdap-autnum',
    contact: 'stored',
    consumes: ({ type }) => type === 'asn',
    *facts(asked, world) {
      const system = world.systems.find(({ asn }) => asked.value === `AS${asn}`)
      if (!system) return
      const registration = thing('autnum-registration', asked.value)
      yield saw(asked, 'registration', 'autnum-registration', asked.value)
      for (const contact of autnumRegistration(system).contacts) yield* contactFacts(registration, contact)
    },
  },
  ...['rdap-domain', 'whois'].map((id): Oracle => ({
    id,
    contact: 'stored',
    consumes: ({ type, value }) => type === 'domain' && isApex(value),
    *facts(domain, world) {
      const registration = world.registrationOf(domain.value)
      if (registration) yield* domainRegistrationFacts(domain, registration)
    },
  })),
]

function* originFacts(address: Thing, world: World): Generator<Fact> {
  const network = world.networkOf(address.value)
  if (!network) return
  yield sawFrom(address, 'contains', 'netblock', network.prefix)
  yield sawFrom(thing('netblock', network.prefix), 'announces', 'asn', `AS${network.asn}`)
}

function* domainRegistrationFacts(domain: Thing, registered: DomainRegistration): Generator<Fact> {
  const registration = thing('domain-registration', domain.value)
  yield saw(domain, 'registration', 'domain-registration', domain.value)
  for (const host of registered.nameServers) yield saw(domain, 'name_server', 'domain', host)
  const { name, abuseEmail, abusePhone } = registered.registrar
  yield saw(registration, 'registrar', 'organization', `domain-registration:${domain.value}|${name}`)
  yield saw(registration, 'abuse_contact', 'email', abuseEmail)
  yield saw(registration, 'abuse_contact', 'phone', abusePhone)
  for (const contact of registered.contacts) yield* contactFacts(registration, contact)
}

const kinds = {
  registrant: 'registrant_contact',
  administrative: 'admin_contact',
  technical: 'technical_contact',
  abuse: 'abuse_contact',
} as const

function* contactFacts(
  registration: Thing,
  { role, organization, person, email, phone, address }: RegistrationContact,
): Generator<Fact> {
  const namespace = `${registration.type}:${registration.value}`
  if (organization !== undefined) yield saw(registration, kinds[role], 'organization', `${namespace}|${organization}`)
  if (person !== undefined) yield saw(registration, kinds[role], 'person', `${namespace}|${person}`)
  if (email !== undefined) yield saw(registration, kinds[role], 'email', email)
  if (phone !== undefined) yield saw(registration, kinds[role], 'phone', phone)
  if (address && organization !== undefined) {
    const { street, city, postalCode, country } = address
    const at = `${namespace}|${street}, ${city}, ${postalCode}, ${country}`
    yield saw(thing('organization', `${namespace}|${organization}`), 'location', 'postal-address', at)
  }
}
