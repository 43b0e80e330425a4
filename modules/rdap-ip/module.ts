import { blocksOfRange, formatNetblock } from '@mirage/model/netblock.ts'
import { parseAddress } from '@mirage/model/address.ts'
import { defineModule, observe, t } from '@mirage/module-sdk'
import { contactEntityTypes } from '@mirage/module-sdk/contact.ts'
import { askRdap, contactsOf, eventOf, rdapFields } from '@mirage/module-sdk/rdap.ts'

const Network = t.Object({
  objectClassName: t.Literal('ip network'),
  ...rdapFields,
  startAddress: t.String(),
  endAddress: t.String(),
  name: t.Optional(t.String()),
  type: t.Optional(t.String()),
  country: t.Optional(t.String()),
  cidr0_cidrs: t.Optional(
    t.Array(t.Object({ v4prefix: t.Optional(t.String()), v6prefix: t.Optional(t.String()), length: t.Integer() })),
  ),
})

/**
 * Who holds the network of an address. Source: RDAP (RFC 9083 §5.4), found by IANA (RFC 9224). The CIDR blocks are the
 * NRO's extension `cidr0`; without it they are made from the range.
 */
export const module = defineModule({
  id: 'rdap-ip',
  version: 1,
  title: 'RDAP: networks',
  summary: 'Registration of the network of an address: range, name, contacts',
  homepage: 'https://www.iana.org/rdap',
  documentation: 'https://www.rfc-editor.org/rfc/rfc9083',
  consumes: [{ type: 'ip-address', where: 'isPublic' }],
  produces: ['netblock', 'network-registration', ...contactEntityTypes],
  contact: 'stored',
  origin: 'registry',
  useCases: ['footprint', 'investigate'],
  limits: { perSecond: 2, group: 'rdap', cacheFor: '24h' },
  sample: '198.18.0.10',
  async *run({ entity, http }) {
    const network = await askRdap(http, 'ip', entity.value, Network)
    if (!network) return
    const { startAddress, endAddress, handle, name, type, country, status } = network
    const registration = { type: 'network-registration', value: `${startAddress}-${endAddress}` } as const
    for (const block of blocksOf(network)) {
      yield observe('netblock', block, { via: 'contains', direction: 'in', attributes: { name, country } })
      yield observe(registration.type, registration.value, {
        via: 'registration',
        from: { type: 'netblock', value: block },
        attributes: { handle, name, type, country, status, registeredAt: eventOf(network, 'registration') },
      })
    }
    yield* contactsOf(registration, network.entities)
  },
})

interface Range {
  startAddress: string
  endAddress: string
  cidr0_cidrs?: { v4prefix?: string; v6prefix?: string; length: number }[]
}

function blocksOf({ startAddress, endAddress, cidr0_cidrs: cidrs = [] }: Range): string[] {
  const named = cidrs.flatMap(({ v4prefix, v6prefix, length }) => {
    const prefix = v4prefix ?? v6prefix
    return prefix === undefined ? [] : [`${prefix}/${length}`]
  })
  if (named.length > 0) return named
  const ends = [startAddress, endAddress].map((text) => parseAddress(text))
  if (!ends[0] || ends[0].length !== ends[1]?.length) return []
  return blocksOfRange(startAddress, endAddress).map(formatNetblock)
}
