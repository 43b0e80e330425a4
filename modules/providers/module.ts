import { namespaced } from '@mirage/model/namespace.ts'
import { sharedInfrastructure } from '@mirage/model/shared-infrastructure.ts'
import { type Sighting, defineModule, observe } from '@mirage/module-sdk'
import { chainOf } from '@mirage/module-sdk/dns.ts'

/** What a provider does for a domain: the attribute `for`. */
type Role = 'dns' | 'mail' | 'sending mail' | 'web'

/**
 * Who serves a domain: the providers of its name servers, of its mail servers and senders, and of its web site, told by
 * their names and addresses. Source: DNS, and the list of providers that comes with Mirage; whoever is not on it is not
 * named.
 */
export const module = defineModule({
  id: 'providers',
  version: 1,
  title: 'Providers',
  summary: 'Who serves DNS, mail and web of a domain',
  homepage: 'https://www.rfc-editor.org/rfc/rfc1035',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['organization'],
  contact: 'relayed',
  origin: 'dns',
  useCases: ['footprint', 'investigate'],
  sample: 'northwind.example',
  batch: 100,
  async *runBatch({ entities, dns }) {
    const domains = entities.map(({ value }) => value)
    const questions = domains.flatMap((name) => [
      ...(['NS', 'MX', 'TXT', 'A'] as const).map((type) => ({ name, type })),
      { name: `www.${name}`, type: 'A' as const },
    ])
    const known = new Set(domains)
    const served = new Served()
    for await (const answer of dns.resolveMany(questions)) {
      const domain = known.has(answer.name) ? answer.name : answer.name.slice('www.'.length)
      for (const { type, data } of chainOf(answer)) {
        switch (type) {
          case 'NS':
            served.add(domain, data, 'dns', answer.exchange)
            break
          case 'MX':
            served.add(domain, data.slice(data.indexOf(' ') + 1), 'mail', answer.exchange)
            break
          case 'TXT':
            for (const host of sendersOf(data)) served.add(domain, host, 'sending mail', answer.exchange)
            break
          case 'A':
          case 'CNAME':
            served.add(domain, data, 'web', answer.exchange)
            break
          default:
        }
      }
    }
    yield* served.sightings()
  },
})

/** Who does what for which domain, by the first of their hosts in the order of the text: answers come in any order. */
class Served {
  readonly #all = new Map<
    string,
    { domain: string; role: Role; name: string; by: string; exchange: string | undefined }
  >()

  add(domain: string, host: string, role: Role, exchange: string | undefined): void {
    const found = sharedInfrastructure(host)
    if (!found) return
    const name = namespaced(`provider:${found.id}`, found.title)
    const key = `${domain}\n${role}\n${name}`
    const known = this.#all.get(key)
    if (!known) this.#all.set(key, { domain, role, name, by: host, exchange })
    else if (host < known.by) Object.assign(known, { by: host, exchange })
  }

  *sightings(): Generator<Sighting<'organization'>, void, void> {
    for (const { domain, role, name, by, exchange } of this.#all.values())
      yield observe('organization', name, {
        via: 'provider',
        from: { type: 'domain', value: domain },
        key: role,
        attributes: { for: role, by },
        ...(exchange === undefined ? {} : { exchange }),
      })
  }
}

/** The names whose senders an SPF record includes (RFC 7208 §5.2, §6.1), those with macros left out. */
function sendersOf(text: string): string[] {
  if (!/^v=spf1(?: |$)/i.test(text)) return []
  return text
    .split(' ')
    .flatMap((term) => /^[-+~?]?(?:include:|redirect=)([^%]+)$/i.exec(term)?.[1] ?? [])
    .map((name) => name.toLowerCase().replace(/\.$/, ''))
}
