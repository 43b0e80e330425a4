import { publicSuffixOf } from '@mirage/model/domain-name.ts'
import { ModuleError, defineModule, observe } from '@mirage/module-sdk'
import { contactEntityTypes, sightingOfRegistrar, sightingsOfContact } from '@mirage/module-sdk/rdap.ts'
import { type WhoisRecord, holdsRegistration, readWhois, refuses, saysNothing } from './record.ts'

/**
 * Who registered a domain, as WHOIS (RFC 3912) tells it: IANA names the registry's server, the registry the
 * registrar's, and the registrar's text comes first where both say something.
 */
export const module = defineModule({
  id: 'whois',
  version: 1,
  title: 'WHOIS',
  summary: 'Registration of a domain in the older protocol, for registries without RDAP',
  homepage: 'https://www.iana.org/whois',
  documentation: 'https://www.rfc-editor.org/rfc/rfc3912',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain', 'domain-registration', ...contactEntityTypes],
  contact: 'stored',
  origin: 'registry',
  useCases: ['footprint', 'investigate', 'monitor'],
  limits: { perSecond: 1, concurrency: 2, cacheFor: '24h' },
  sample: 'northwind.example',
  async *run({ entity, whois }) {
    const name = entity.value
    const ask = async (server: string, text: string): Promise<string> => {
      const answer = await whois.query(server, text)
      if (refuses(answer.text)) {
        throw new ModuleError('rate-limited', `${server} asks for fewer queries.`, { exchange: answer.exchange })
      }
      return answer.text
    }
    const topLevel = publicSuffixOf(name).split('.').at(-1)!
    const server = /^(?:refer|whois):\s*(\S+)/im.exec(await ask('whois.iana.org', topLevel))?.[1]
    if (!server) return
    const text = await ask(server, name)
    if (saysNothing(text)) return
    const registry = readWhois(text)
    const further = registry.referral && registry.referral !== server ? await ask(registry.referral, name) : undefined
    const registrar = further === undefined || saysNothing(further) ? undefined : readWhois(further)
    const record = registrar ? join(registrar, registry) : registry
    if (!holdsRegistration(record)) {
      throw new ModuleError('changed-format', `${server} answered a text that holds no registration of ${name}.`)
    }

    const registration = { type: 'domain-registration', value: name } as const
    const { registeredAt, changedAt, expiresAt, status } = record
    const attributes = { registeredAt, changedAt, expiresAt, status: status.length > 0 ? status : undefined }
    yield observe(registration.type, name, { via: 'registration', attributes })
    for (const host of record.nameServers) yield observe('domain', host, { via: 'name_server' })
    if (record.registrar) yield sightingOfRegistrar(registration, record.registrar, { ianaId: record.ianaId })
    for (const [role, contact] of record.contacts) yield* sightingsOfContact(registration, role, contact)
  },
})

/** What `first` says, and what only `second` says. */
function join(first: WhoisRecord, second: WhoisRecord): WhoisRecord {
  return {
    ...second,
    ...first,
    status: first.status.length > 0 ? first.status : second.status,
    nameServers: first.nameServers.length > 0 ? first.nameServers : second.nameServers,
    contacts: new Map([...second.contacts, ...first.contacts]),
  }
}
