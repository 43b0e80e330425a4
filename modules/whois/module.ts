import { publicSuffixOf } from '@mirage/model/domain-name.ts'
import { ModuleError, defineModule, observe } from '@mirage/module-sdk'
import { failureOf } from '@mirage/module-sdk/error.ts'
import { contactEntityTypes, sightingOfRegistrar, sightingsOfContact } from '@mirage/module-sdk/contact.ts'
import { type WhoisRecord, holdsRegistration, isWall, readWhois, refuses, saysNothing } from './record.ts'

/** Of a registration that was not renewed in time (RFC 3915). */
const lapsed = /^(?:redemption ?period|pending ?delete)/i

/** Servers that want more than the name to tell everything, by what they say themselves (fixtures/README.md). */
const queries: Record<string, (name: string) => string> = {
  'whois.denic.de': (name) => `-T dn,ace ${name}`,
  'whois.jprs.jp': (name) => `${name}/e`,
  'whois.verisign-grs.com': (name) => `domain ${name}`,
}

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
  async *run({ entity, whois, log }) {
    const name = entity.value
    const ask = async (server: string, text: string): Promise<string> => {
      const answer = await whois.query(server, text)
      const { exchange } = answer
      if (refuses(answer.text)) throw new ModuleError('rate-limited', `${server} asks for fewer queries.`, { exchange })
      if (isWall(answer.text)) throw new ModuleError('blocked', `${server} answers known clients only.`, { exchange })
      return answer.text
    }
    const topLevel = publicSuffixOf(name).split('.').at(-1)!
    const server = /^(?:refer|whois):\s*(\S+)/im.exec(await ask('whois.iana.org', topLevel))?.[1]
    if (!server) return
    const text = await ask(server, queries[server]?.(name) ?? name)
    if (saysNothing(text)) return
    const registry = readWhois(text)
    const referral = hostOf(registry.referral)
    let further: string | undefined
    try {
      if (referral !== undefined && referral !== server) further = await ask(referral, name)
    } catch (error) {
      // Since 2025 many registrars have closed their server (ICANN, "WHOIS sunset"); what the registry says stays true.
      const { outcome, reason } = failureOf(error)
      if (outcome === 'cancelled' || outcome === 'failed') throw error
      log('the registrar says nothing', { server: referral, outcome, reason })
    }
    const record = further === undefined ? registry : join(readWhois(further), registry)
    if (!holdsRegistration(record)) {
      throw new ModuleError('changed-format', `${server} answered a text that holds no registration of ${name}.`)
    }

    const registration = { type: 'domain-registration', value: name } as const
    const { registeredAt, changedAt, expiresAt, status } = record
    const attributes = { registeredAt, changedAt, expiresAt, status: status.length > 0 ? status : undefined }
    const tags = status.some((one) => lapsed.test(one)) ? ['expired'] : []
    yield observe(registration.type, name, { via: 'registration', attributes, tags })
    for (const host of record.nameServers) yield observe('domain', host, { via: 'name_server' })
    if (record.registrar) yield sightingOfRegistrar(registration, record.registrar, { ianaId: record.ianaId })
    for (const [role, contact] of record.contacts) yield* sightingsOfContact(registration, role, contact)
  },
})

/** The host of what a record refers to, which some write as a URL; undefined for anything else. */
function hostOf(referral: string | undefined): string | undefined {
  return /^(?:[a-z]+:\/\/)?((?:[a-z\d-]+\.)+[a-z][a-z\d-]*)\/?$/i.exec(referral ?? '')?.[1]?.toLowerCase()
}

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
