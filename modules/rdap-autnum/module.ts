import { defineModule, observe, t } from '@mirage/module-sdk'
import { contactEntityTypes } from '@mirage/module-sdk/contact.ts'
import { askRdap, contactsOf, eventOf, rdapFields } from '@mirage/module-sdk/rdap.ts'

const Autnum = t.Object({
  objectClassName: t.Literal('autnum'),
  ...rdapFields,
  startAutnum: t.Optional(t.Integer()),
  endAutnum: t.Optional(t.Integer()),
  name: t.Optional(t.String()),
  country: t.Optional(t.String()),
})

/** Who holds an AS number. Source: RDAP (RFC 9083 §5.5), found by IANA (RFC 9224). */
export const module = defineModule({
  id: 'rdap-autnum',
  version: 1,
  title: 'RDAP: AS numbers',
  summary: 'Registration of an AS number: name, contacts',
  homepage: 'https://www.iana.org/rdap',
  documentation: 'https://www.rfc-editor.org/rfc/rfc9083',
  consumes: [{ type: 'asn' }],
  produces: ['autnum-registration', ...contactEntityTypes],
  contact: 'stored',
  origin: 'registry',
  useCases: ['footprint', 'investigate'],
  limits: { perSecond: 2, group: 'rdap', cacheFor: '24h' },
  sample: 'AS64500',
  async *run({ entity, http }) {
    const number = entity.value.slice(2)
    const autnum = await askRdap(http, 'autnum', number, Autnum)
    if (!autnum) return
    const { startAutnum = number, endAutnum = startAutnum, handle, name, country, status } = autnum
    const registration = { type: 'autnum-registration', value: `AS${startAutnum}-AS${endAutnum}` } as const
    yield observe(registration.type, registration.value, {
      via: 'registration',
      attributes: { handle, name, country, status, registeredAt: eventOf(autnum, 'registration') },
    })
    yield* contactsOf(registration, autnum.entities)
  },
})
