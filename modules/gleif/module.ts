import { namespaced, splitNamespaced } from '@mirage/model/namespace.ts'
import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Address = t.Object({
  addressLines: t.Optional(t.Array(t.String())),
  city: t.Optional(t.String()),
  region: t.Optional(t.String()),
  country: t.Optional(t.String()),
  postalCode: t.Optional(t.String()),
})

const Company = t.Object({
  attributes: t.Object({
    lei: t.String({ pattern: '^[A-Z0-9]{18}[0-9]{2}$' }),
    entity: t.Object({
      legalName: t.Object({ name: t.String({ minLength: 1 }) }),
      legalAddress: t.Optional(Address),
      headquartersAddress: t.Optional(Address),
      registeredAs: t.Optional(t.String()),
      jurisdiction: t.Optional(t.String()),
      category: t.Optional(t.String()),
      status: t.Optional(t.String()),
    }),
    registration: t.Optional(t.Object({ status: t.Optional(t.String()), nextRenewalDate: t.Optional(t.String()) })),
  }),
})

const One = t.Object({ data: Company })
const Many = t.Object({
  data: t.Array(Company),
  links: t.Optional(t.Object({ next: t.Optional(t.String()) })),
})

const options = { headers: { accept: 'application/vnd.api+json' }, missing: [404] }

/** A group of thousands of funds says little by naming each. */
const maxPages = 5

/**
 * Who a legal entity is, what it owns and who owns it. Source: GLEIF API v1 (https://www.gleif.org/en/lei-data/gleif-api),
 * open data under CC0. Only organizations that something identified by their legal entity identifier are asked about: a
 * name alone is anybody's.
 */
export const module = defineModule({
  id: 'gleif',
  version: 1,
  title: 'GLEIF',
  summary: 'Addresses, subsidiaries and parent of a legal entity',
  homepage: 'https://www.gleif.org',
  documentation: 'https://www.gleif.org/en/lei-data/gleif-api',
  terms: 'https://www.gleif.org/en/meta/lei-data-terms-of-use',
  consumes: [{ type: 'organization' }],
  produces: ['organization', 'postal-address'],
  contact: 'stored',
  origin: 'gleif',
  useCases: ['footprint', 'investigate'],
  limits: { perMinute: 60, concurrency: 2, cacheFor: '7d' },
  sample: 'lei:9845NWTRADING0000770|Northwind Trading Ltd',
  async *run({ entity, http }) {
    const lei = /^lei:([A-Z\d]{18}\d{2})$/.exec(splitNamespaced(entity.value)?.namespace ?? '')?.[1]
    if (lei === undefined) return
    const record = url`https://api.gleif.org/api/v1/lei-records/${lei}`
    const found = await http.json(record, One, options)
    if (!found) return
    const { entity: company, registration } = found.data.attributes
    yield observe('organization', entity.value, {
      attributes: {
        legalName: company.legalName.name,
        registeredAs: company.registeredAs,
        jurisdiction: company.jurisdiction,
        category: company.category,
        status: company.status,
        leiStatus: registration?.status,
        leiRenewal: registration?.nextRenewalDate,
      },
    })
    for (const address of [company.legalAddress, company.headquartersAddress]) {
      const line = address && lineOf(address)
      if (line !== undefined && line !== '')
        yield observe('postal-address', namespaced(`lei:${lei}`, line), { via: 'location' })
    }
    const parent = await http.json(`${record}/direct-parent`, One, options)
    if (parent) yield observe('organization', valueOf(parent.data), { via: 'subsidiary', direction: 'in' })
    const first = `${record}/direct-children?page[size]=100`
    for await (const { data } of http.pages(first, Many, nextOf, { ...options, maxPages })) {
      for (const child of data) yield observe('organization', valueOf(child), { via: 'subsidiary' })
    }
  },
})

function valueOf({
  attributes: { lei, entity },
}: {
  attributes: { lei: string; entity: { legalName: { name: string } } }
}): string {
  return namespaced(`lei:${lei}`, entity.legalName.name)
}

function lineOf({
  addressLines = [],
  city,
  region,
  postalCode,
  country,
}: Record<string, unknown> & { addressLines?: string[] }): string {
  return [...addressLines, city, region, postalCode, country]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(', ')
}

/** The next page, where it is the source's own. */
function nextOf({ links }: { links?: { next?: string } }): string | undefined {
  return links?.next?.startsWith('https://api.gleif.org/') ? links.next : undefined
}
