import { type Person, personWithTitle } from './people.ts'

/** A legal entity as its own pages and the register of legal entity identifiers state it. */
export interface Company {
  name: string
  legalName: string
  /** Legal entity identifier (ISO 17442): 18 characters and two check digits. */
  lei?: string
  site: string
  email?: string
  /** E.164. */
  phone?: string
  address?: { street: string; city: string; postalCode: string; country: string }
  /** WGS 84. */
  point?: { latitude: number; longitude: number }
  /** Year and month. */
  founded?: string
  /** Pages elsewhere that are the same company's. */
  profiles: readonly string[]
  /** Pages that say which company it is. */
  sameAs: readonly string[]
  people: readonly Person[]
  departments: readonly string[]
  subsidiaries: readonly Company[]
}

const nobody = { profiles: [], sameAs: [], people: [], departments: [], subsidiaries: [] } as const

/** The demo company and those it owns. */
export function makeCompany(people: readonly Person[]): Company {
  return {
    name: 'Northwind Trading',
    legalName: 'Northwind Trading Ltd',
    lei: leiOf('9845NWTRADING00007'),
    site: 'https://www.northwind.example/',
    email: 'info@northwind.example',
    phone: '+442079460100',
    address: { street: '1 Tradewind Quay', city: 'London', postalCode: 'E14 0ZZ', country: 'GB' },
    point: { latitude: 51.50321, longitude: -0.01894 },
    founded: '1996-04',
    profiles: ['https://x.com/northwindtrade', 'https://www.linkedin.com/company/northwind-trading'],
    sameAs: ['https://www.wikidata.org/wiki/Q48120734'],
    people: [personWithTitle(people, 'Managing Director')],
    departments: ['Northwind Press Office'],
    subsidiaries: [
      {
        ...nobody,
        name: 'Northwind Labs',
        legalName: 'Northwind Labs Ltd',
        lei: leiOf('9845NWLABS00000007'),
        site: 'https://northwind-labs.example/',
        address: { street: '4 Beaker Row', city: 'Cambridge', postalCode: 'CB1 0ZZ', country: 'GB' },
      },
      {
        ...nobody,
        name: 'Northwind Logistics',
        legalName: 'Northwind Logistics BV',
        lei: leiOf('9845NWLOGISTICS007'),
        site: 'https://www.northwind-logistics.test/',
        address: { street: 'Windkade 12', city: 'Rotterdam', postalCode: '3011 ZZ', country: 'NL' },
      },
    ],
  }
}

/** The company and those below it that have an identifier. */
export function companiesOf(people: readonly Person[]): Company[] {
  const withOwned = (company: Company): Company[] => [company, ...company.subsidiaries.flatMap(withOwned)]
  return withOwned(makeCompany(people)).filter(({ lei }) => lei !== undefined)
}

/** 18 characters with the check digits of ISO 7064 MOD 97-10. */
function leiOf(body: string): string {
  const digits = `${body}00`
    .split('')
    .map((character) => Number.parseInt(character, 36))
    .join('')
  return `${body}${String(98n - (BigInt(digits) % 97n)).padStart(2, '0')}`
}

/** The company as a page states it to search engines (https://schema.org/Organization), in JSON-LD. */
export function jsonLdOf(company: Company): object {
  return { '@context': 'https://schema.org', ...organizationOf(company) }
}

function organizationOf(company: Company): object {
  const { name, legalName, lei, site, email, phone, address, point, founded, profiles, sameAs } = company
  return {
    '@type': 'Organization',
    '@id': `${site}#organization`,
    name,
    legalName,
    ...(lei === undefined ? {} : { leiCode: lei }),
    url: site,
    ...(email === undefined ? {} : { email }),
    ...(phone === undefined ? {} : { telephone: phone }),
    ...(founded === undefined ? {} : { foundingDate: founded }),
    ...(address === undefined
      ? {}
      : {
          address: {
            '@type': 'PostalAddress',
            streetAddress: address.street,
            addressLocality: address.city,
            postalCode: address.postalCode,
            addressCountry: address.country,
          },
        }),
    ...(point === undefined ? {} : { location: { '@type': 'Place', geo: { '@type': 'GeoCoordinates', ...point } } }),
    ...(profiles.length + sameAs.length === 0 ? {} : { sameAs: [...profiles, ...sameAs] }),
    ...(company.people.length === 0
      ? {}
      : {
          employee: company.people.map((person) => ({ '@type': 'Person', name: person.name, jobTitle: person.title })),
        }),
    ...(company.departments.length === 0
      ? {}
      : { department: company.departments.map((one) => ({ '@type': 'Organization', name: one })) }),
    ...(company.subsidiaries.length === 0 ? {} : { subOrganization: company.subsidiaries.map(organizationOf) }),
  }
}
