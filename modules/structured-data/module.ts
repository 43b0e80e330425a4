import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import { namespaced } from '@mirage/model/namespace.ts'
import { definitionOf } from '@mirage/model/registry.ts'
import { type Sighting, defineModule, observe } from '@mirage/module-sdk'
import { resolveLink } from '@mirage/module-sdk/page.ts'
import { readRecorded } from '@mirage/module-sdk/recorded.ts'
import { JsonLd, type Node, text, texts } from './json-ld.ts'
import {
  addressesOf,
  attributesOf,
  isLei,
  isOrganization,
  isPerson,
  nameOf,
  partsOf,
  pointsOf,
} from './organization.ts'

const produces = ['organization', 'person', 'postal-address', 'geo-point', 'email', 'phone', 'url', 'account'] as const

type Stated = Sighting<(typeof produces)[number]>

/**
 * Who runs a site, as its pages tell search engines: the organization, its parts, people, addresses and profiles, in
 * JSON-LD with the vocabulary of https://schema.org/Organization. Names belong to the host that states them, so that the
 * same statement on every page of a site is one organization. Read from pages that the run has recorded; sends nothing.
 */
export const module = defineModule({
  id: 'structured-data',
  version: 1,
  title: 'Structured data in pages',
  summary: 'Organizations, people, addresses and profiles that pages state in JSON-LD',
  homepage: 'https://schema.org',
  documentation: 'https://schema.org/Organization',
  consumes: [{ type: 'url', where: 'isPage' }],
  produces: [...produces],
  contact: 'none',
  origin: 'target',
  useCases: ['footprint', 'investigate', 'identity'],
  sample: 'https://www.northwind.example/',
  batch: 50,
  async *run({ entity, http }) {
    const recorded = await readRecorded(http, entity.value)
    if (!recorded?.page || !recorded.source.includes('ld+json')) return
    const page = new JsonLd(recorded.source)
    const parts = new Set(page.nodes.flatMap((node) => partsOf.flatMap((property) => page.objects(node, property))))
    const host = hostOfUrl(entity.value)
    for (const node of new Set(page.nodes.map((one) => page.resolve(one)))) {
      if (isOrganization(node) || parts.has(node)) yield* organization(node, page, host, entity.value)
      else if (isPerson(node)) yield* person(node, host, { type: 'url', value: entity.value }, 'mentions')
    }
  },
})

function* organization(node: Node, page: JsonLd, host: string, at: string): Generator<Stated, void, void> {
  const name = nameOf(node)
  if (name === undefined) return
  const stated = (text: string): string => namespaced(`domain:${host}`, text)
  const from = { type: 'organization', value: stated(name) } as const
  yield observe(from.type, from.value, { via: 'mentions', attributes: attributesOf(node) })
  for (const address of addressesOf(node, page)) {
    yield observe('postal-address', stated(address), { via: 'location', from })
  }
  for (const point of pointsOf(node, page)) yield observe('geo-point', point, { via: 'location', from })
  for (const [property, via, direction] of [
    ['subOrganization', 'subsidiary', 'out'],
    ['parentOrganization', 'subsidiary', 'in'],
    ['department', 'org_unit', 'out'],
  ] as const) {
    for (const other of page.objects(node, property).map(nameOf)) {
      if (other !== undefined && other !== name) yield observe('organization', stated(other), { via, direction, from })
    }
  }
  for (const property of ['founder', 'employee', 'member'] as const) {
    for (const one of page.objects(node, property).filter(isPerson)) yield* person(one, host, from, 'member')
  }
  const contacts = [node, ...page.objects(node, 'contactPoint')]
  for (const email of contacts.flatMap((contact) => texts(contact, 'email'))) {
    yield observe('email', email.replace(/^mailto:/i, ''), { via: 'mentions', from })
  }
  for (const phone of contacts.flatMap((contact) => texts(contact, 'telephone'))) {
    yield observe('phone', phone.replace(/^tel:/i, ''), { via: 'mentions', from })
  }
  for (const site of texts(node, 'url')) {
    const url = resolveLink(site, at)
    if (url) yield observe('url', url, { via: 'website', from })
  }
  yield* sameAs(node, from, name)
}

/** Pages elsewhere: a profile is an account; any other says which organization it is, as does a legal entity identifier. */
function* sameAs(
  node: Node,
  from: { type: 'organization'; value: string },
  name: string,
): Generator<Stated, void, void> {
  const lei = text(node, 'leiCode')?.replace(/\s/g, '').toUpperCase()
  if (lei !== undefined && isLei(lei)) {
    const legalName = text(node, 'legalName') ?? name
    yield observe('organization', namespaced(`lei:${lei}`, legalName), { via: 'same_as', from })
  }
  for (const page of texts(node, 'sameAs')) {
    const url = URL.canParse(page) ? resolveLink(page, page) : undefined
    const profile = url && definitionOf('account').fromUrl?.(url)
    if (profile) yield observe('account', profile, { via: 'social_media_profile', from })
    else if (url) yield observe('url', url, { via: 'same_as', from })
  }
}

function* person(
  node: Node,
  host: string,
  source: { type: 'url' | 'organization'; value: string },
  via: 'mentions' | 'member',
): Generator<Stated, void, void> {
  const name = nameOf(node)
  if (name === undefined) return
  const from = { type: 'person', value: namespaced(`domain:${host}`, name) } as const
  yield observe(from.type, from.value, { via, from: source, attributes: { jobTitle: text(node, 'jobTitle') } })
  for (const email of texts(node, 'email')) {
    yield observe('email', email.replace(/^mailto:/i, ''), { via: 'mentions', from })
  }
  for (const page of texts(node, 'sameAs')) {
    const profile = URL.canParse(page) ? definitionOf('account').fromUrl?.(new URL(page).href) : undefined
    if (profile) yield observe('account', profile, { via: 'account', from })
  }
}
