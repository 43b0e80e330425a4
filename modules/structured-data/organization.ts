import { type Node, type JsonLd, text, texts, typesOf } from './json-ld.ts'

/**
 * Organization and the types below it at https://schema.org/Organization that pages use; local businesses are told by
 * the ends of their names, of which there are some 150.
 */
const organizationTypes =
  /^(?:Organization|Corporation|Consortium|Cooperative|Airline|NGO|Library|PoliticalParty|Project|WorkersUnion|Attorney|Dentist|Physician|Notary|Restaurant|Hotel|Hospital|Pharmacy|School|CollegeOrUniversity|BankOrCreditUnion|RealEstateAgent|RadioStation|TelevisionStation|.{0,40}(?:Organization|Business|Store|Agency|Company|Service|Office|Establishment|Clinic|Dealer))$/
const notOrganizations =
  /^(?:Service|GovernmentService|BroadcastService|CableOrSatelliteService|TaxiService|FoodService|WebApplicationService)$/

/** Properties whose values are organizations, whatever type they say they are. */
export const partsOf = ['subOrganization', 'department', 'parentOrganization'] as const

export function isOrganization(node: Node): boolean {
  return typesOf(node).some((type) => organizationTypes.test(type) && !notOrganizations.test(type))
}

export function isPerson(node: Node): boolean {
  return typesOf(node).includes('Person')
}

/** The name that the page uses, else the legal one. */
export function nameOf(node: Node): string | undefined {
  const name = text(node, 'name') ?? text(node, 'legalName')
  return name !== undefined && name.length <= 200 ? name : undefined
}

/** What is said of an organization and is no entity. */
export function attributesOf(node: Node): Record<string, string | string[]> {
  const attributes: Record<string, string | string[]> = {}
  for (const property of ['legalName', 'foundingDate', 'vatID', 'taxID', 'duns', 'leiCode'] as const) {
    const value = text(node, property)
    if (value !== undefined && value.length <= 200) attributes[property] = value
  }
  return attributes
}

/** The addresses of an organization, of its places and of its contact points, each on one line. */
export function addressesOf(node: Node, page: JsonLd): string[] {
  return [node, ...page.objects(node, 'location'), ...page.objects(node, 'contactPoint')].flatMap((place) => [
    ...page.objects(place, 'address').flatMap((address) => addressLine(address, page) ?? []),
    ...texts(place, 'address').filter((line) => /[\s,]/.test(line) && line.length <= 500),
  ])
}

/** A PostalAddress (https://schema.org/PostalAddress) on one line; undefined for one that names no more than a country. */
function addressLine(address: Node, page: JsonLd): string | undefined {
  const country = page.objects(address, 'addressCountry')[0]
  const parts = [
    text(address, 'streetAddress'),
    text(address, 'postOfficeBoxNumber'),
    text(address, 'addressLocality'),
    text(address, 'addressRegion'),
    text(address, 'postalCode'),
  ].filter((part) => part !== undefined)
  if (parts.length === 0) return undefined
  const named = country ? text(country, 'name') : text(address, 'addressCountry')
  return [...parts, named].filter((part) => part !== undefined).join(', ')
}

/** The coordinates of an organization and of its places, as `latitude,longitude`. */
export function pointsOf(node: Node, page: JsonLd): string[] {
  return [node, ...page.objects(node, 'location')]
    .flatMap((place) => [place, ...page.objects(place, 'geo')])
    .flatMap((place) => {
      const [latitude, longitude] = [text(place, 'latitude'), text(place, 'longitude')]
      return latitude === undefined || longitude === undefined ? [] : `${latitude},${longitude}`
    })
}

/** True for a legal entity identifier (ISO 17442): 18 characters and two check digits (ISO 7064 MOD 97-10). */
export function isLei(text: string): boolean {
  if (!/^[A-Z\d]{18}\d{2}$/.test(text)) return false
  const digits = text
    .split('')
    .map((character) => Number.parseInt(character, 36))
    .join('')
  return BigInt(digits) % 97n === 1n
}
