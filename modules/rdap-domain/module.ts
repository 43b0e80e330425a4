import { defineModule, observe, t } from '@mirage/module-sdk'
import { contactEntityTypes } from '@mirage/module-sdk/contact.ts'
import { askRdap, askRelated, contactsOf, eventOf, rdapFields, rdapLinks } from '@mirage/module-sdk/rdap.ts'

const Domain = t.Object({
  objectClassName: t.Literal('domain'),
  ...rdapFields,
  links: rdapLinks,
  nameservers: t.Optional(t.Array(t.Object({ ldhName: t.String() }))),
  secureDNS: t.Optional(t.Object({ delegationSigned: t.Optional(t.Boolean()) })),
})

/** Of a registration that was not renewed in time (RFC 3915, as RFC 8056 writes it). */
const lapsed = new Set(['redemption period', 'pending delete'])

/** Who registered a domain, through whom, and its name servers. Source: RDAP (RFC 9083 §5.3), found by IANA (RFC 9224). */
export const module = defineModule({
  id: 'rdap-domain',
  version: 1,
  title: 'RDAP: domains',
  summary: 'Registration of a domain: dates, registrar, contacts, name servers',
  homepage: 'https://www.iana.org/rdap',
  documentation: 'https://www.rfc-editor.org/rfc/rfc9083',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain', 'domain-registration', ...contactEntityTypes],
  contact: 'stored',
  origin: 'registry',
  useCases: ['footprint', 'investigate', 'monitor'],
  limits: { perSecond: 2, group: 'rdap', cacheFor: '24h' },
  sample: 'northwind.example',
  async *run({ entity, http }) {
    const domain = await askRdap(http, 'domain', entity.value, Domain)
    if (!domain) return
    const registration = { type: 'domain-registration', value: entity.value } as const
    yield observe(registration.type, registration.value, {
      via: 'registration',
      attributes: {
        handle: domain.handle,
        status: domain.status,
        registeredAt: eventOf(domain, 'registration'),
        changedAt: eventOf(domain, 'last changed'),
        expiresAt: eventOf(domain, 'expiration'),
        signed: domain.secureDNS?.delegationSigned,
      },
      tags: domain.status?.some((status) => lapsed.has(status.toLowerCase())) ? ['expired'] : [],
    })
    for (const { ldhName } of domain.nameservers ?? []) yield observe('domain', ldhName, { via: 'name_server' })
    yield* contactsOf(registration, domain.entities)
    const related = await askRelated(http, domain.links, Domain)
    if (related) yield* contactsOf(registration, related.entities)
  },
})
