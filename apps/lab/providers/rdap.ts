import { contains } from '@mirage/model/netblock.ts'
import { canonicalAddress } from '@mirage/model/address.ts'
import { autnumRegistration, networkRegistration, type ResourceRegistration } from '../world/registration.ts'
import type { World } from '../world/world.ts'
import type { Provider, ProviderReply, ProviderRequest } from './provider.ts'
import { contactEntity, redactedEntity, registrarEntity } from './rdap-entity.ts'
import { domainRegistries, numberRegistries, registryOf } from './registries.ts'

/** RDAP servers of the registries: `domain/NAME`, `ip/ADDRESS`, `autnum/NUMBER` below each base URL (RFC 9082, RFC 9083). */
export const rdap: Provider = {
  id: 'rdap',
  hosts: [...new Set([...domainRegistries, ...numberRegistries].map(({ rdap: base }) => new URL(base).hostname))],
  handle(request, world) {
    const base = [...domainRegistries, ...numberRegistries]
      .map((registry) => registry.rdap)
      .find((candidate) => startsAt(request, candidate))
    const [kind = '', key = ''] = base === undefined ? [] : restOf(request, base).split('/')
    switch (kind) {
      case 'domain':
        return domain(decodeURIComponent(key).toLowerCase(), base!, world)
      case 'ip':
        return network(decodeURIComponent(key), base!, world)
      case 'autnum':
        return autnum(Number(key), base!, world)
      case 'help':
        return object({ notices: [terms] })
      default:
        return failed(400, 'Bad Request')
    }
  },
}

const terms = {
  title: 'Terms of Use',
  description: ['Service subject to Terms of Use.'],
  links: [{ href: 'https://www.lab-registry.example/terms', type: 'text/html' }],
}

function startsAt({ url }: ProviderRequest, base: string): boolean {
  return `https://${url.hostname}${url.pathname}`.startsWith(base)
}

function restOf({ url }: ProviderRequest, base: string): string {
  return `https://${url.hostname}${url.pathname}`.slice(base.length)
}

function domain(name: string, base: string, world: World): ProviderReply {
  const registry = registryOf(name)
  const registered = registry?.rdap === base ? world.registrationOf(name) : undefined
  if (!registry || !registered) return failed(404, 'Not Found')
  const { handle, status, createdAt, updatedAt, expiresAt, nameServers, contacts, registrar } = registered
  const self = `${base}domain/${name}`
  return object({
    objectClassName: 'domain',
    handle,
    ldhName: name.toUpperCase(),
    links: [{ value: self, rel: 'self', href: self, type: 'application/rdap+json' }],
    status,
    entities: [
      registrarEntity(registrar),
      ...(contacts.length > 0 ? contacts.map(contactEntity) : [redactedEntity('registrant', registered.redaction)]),
    ],
    events: [
      { eventAction: 'registration', eventDate: createdAt },
      { eventAction: 'expiration', eventDate: expiresAt },
      { eventAction: 'last changed', eventDate: updatedAt },
      { eventAction: 'last update of RDAP database', eventDate: '2025-03-15T12:00:00Z' },
    ],
    secureDNS: { delegationSigned: false },
    nameservers: nameServers.map((host) => ({ objectClassName: 'nameserver', ldhName: host.toUpperCase() })),
    port43: registry.whois,
    ...(contacts.length > 0
      ? {}
      : {
          redacted: [
            {
              name: { description: 'Registrant Name' },
              reason: { description: 'Server policy' },
              method: 'replacementValue',
            },
          ],
        }),
    notices: [terms],
  })
}

function network(text: string, base: string, world: World): ProviderReply {
  const address = canonicalAddress(text.replace(/\/\d+$/, ''))
  if (address === undefined) return failed(400, 'Bad Request')
  const kind = address.includes(':') ? 'ipv6' : 'ipv4'
  const holder = numberRegistries.filter((registry) => registry[kind].some((block) => contains(block, address))).at(-1)
  const found = world.networkOf(address)
  if (holder && holder.rdap !== base)
    return { status: 302, headers: { location: `${holder.rdap}ip/${text}` }, body: '' }
  if (!holder || !found) return failed(404, 'Not Found')
  const registration = networkRegistration(found)
  return object({
    objectClassName: 'ip network',
    ...resource(registration, `${base}ip/${text}`, holder.whois),
    startAddress: registration.startAddress,
    endAddress: registration.endAddress,
    ipVersion: kind === 'ipv4' ? 'v4' : 'v6',
    type: 'ASSIGNED PA',
    cidr0_cidrs: registration.blocks.map((block) => {
      const [prefix = '', length] = block.split('/')
      return { [kind === 'ipv4' ? 'v4prefix' : 'v6prefix']: prefix, length: Number(length) }
    }),
  })
}

function autnum(number: number, base: string, world: World): ProviderReply {
  if (!Number.isInteger(number)) return failed(400, 'Bad Request')
  const holder = numberRegistries.find(({ asn }) =>
    asn.some((range) => {
      const [first = 0, last = 0] = range.split('-').map(Number)
      return number >= first && number <= last
    }),
  )
  const system = world.systems.find(({ asn }) => asn === number)
  if (!holder || holder.rdap !== base || !system) return failed(404, 'Not Found')
  return object({
    objectClassName: 'autnum',
    ...resource(autnumRegistration(system), `${base}autnum/${number}`, holder.whois),
    startAutnum: number,
    endAutnum: number,
  })
}

function resource(registration: ResourceRegistration, self: string, whois: string): object {
  const { handle, name, country, status, registeredAt, contacts } = registration
  return {
    handle,
    name,
    country,
    status,
    entities: contacts.map(contactEntity),
    events: [
      { eventAction: 'registration', eventDate: registeredAt },
      { eventAction: 'last changed', eventDate: '2024-06-01T00:00:00Z' },
    ],
    links: [{ value: self, rel: 'self', href: self, type: 'application/rdap+json' }],
    port43: whois,
    notices: [terms],
  }
}

function object(body: object): ProviderReply {
  return answer({ rdapConformance: ['rdap_level_0', 'cidr0', 'redacted'], ...body }, 200)
}

function failed(errorCode: number, title: string): ProviderReply {
  return answer(
    { rdapConformance: ['rdap_level_0'], errorCode, title, description: ['The server has no answer to this query.'] },
    errorCode,
  )
}

function answer(body: object, status: number): ProviderReply {
  return { status, headers: { 'content-type': 'application/rdap+json' }, body: JSON.stringify(body) }
}
