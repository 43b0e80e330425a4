import { namespaced } from '@mirage/model/namespace.ts'
import { sharedInfrastructure } from '@mirage/model/shared.ts'
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
    for await (const answer of dns.resolveMany(questions)) {
      const domain = known.has(answer.name) ? answer.name : answer.name.slice('www.'.length)
      for (const { type, data } of chainOf(answer)) {
        switch (type) {
          case 'NS':
            yield* provider(domain, data, 'dns')
            break
          case 'MX':
            yield* provider(domain, data.slice(data.indexOf(' ') + 1), 'mail')
            break
          case 'TXT':
            for (const host of sendersOf(data)) yield* provider(domain, host, 'sending mail')
            break
          case 'A':
          case 'CNAME':
            yield* provider(domain, data, 'web')
            break
          default:
        }
      }
    }
  },
})

function* provider(domain: string, host: string, role: Role): Generator<Sighting<'organization'>, void, void> {
  const found = sharedInfrastructure(host)
  if (!found) return
  yield observe('organization', namespaced(`provider:${found.id}`, found.title), {
    via: 'provider',
    from: { type: 'domain', value: domain },
    key: role,
    attributes: { for: role, by: host },
  })
}

/** The names whose senders an SPF record includes (RFC 7208 §5.2, §6.1), those with macros left out. */
function sendersOf(text: string): string[] {
  if (!/^v=spf1(?: |$)/i.test(text)) return []
  return text
    .split(' ')
    .flatMap((term) => /^[-+~?]?(?:include:|redirect=)([^%]+)$/i.exec(term)?.[1] ?? [])
    .map((name) => name.toLowerCase().replace(/\.$/, ''))
}
