import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import { normalise } from '@mirage/model/registry.ts'
import type { Company } from '../world/company.ts'
import { type Fact, type Oracle, saw, type Thing, thing } from './fact.ts'
import { extractor, fetchWorld, readablePage } from './web.ts'

/** Files to take away: those of the world among the endings that `extract-links` lists. */
const file = /\.(pdf|csv|zip)$/

/** What pages lead to and state, beyond what `web.ts` reads of them. */
export const pageOracles: readonly Oracle[] = [
  extractor('extract-links', function* (page, part) {
    if (part.kind === 'onion') yield saw(page, 'mentions', 'onion-service', part.shown)
    if (part.kind !== 'link') return
    const target = new URL(part.href, page.value)
    for (const type of ['cloud-bucket', 'mobile-app'] as const)
      if (normalise(type, target.href) !== undefined) yield saw(page, 'mentions', type, target.href)
    if (part.element !== 'script' && file.test(target.pathname)) yield saw(page, 'links_to', 'file', target.href)
  }),
  {
    id: 'asset-links',
    contact: 'target',
    consumes: ({ type, value }, world) => type === 'url' && readablePage(world, value) !== undefined,
    *facts(page, world) {
      const { origin, protocol } = new URL(page.value)
      if (protocol !== 'https:' || page.value !== `${origin}/`) return
      const list = fetchWorld(world, `${origin}/.well-known/assetlinks.json`)
      for (const part of list?.page?.type === 'application/json' ? list.page.parts : []) {
        if (part.kind === 'app') yield saw(page, 'mentions', 'mobile-app', part.id)
        if (part.kind === 'link') yield saw(page, 'mentions', 'url', part.href)
      }
    },
  },
  extractor('structured-data', function* (page, part) {
    if (part.kind === 'company') yield* stated(page, part.company)
  }),
]

/** What a page states of a company, its people, its departments and those it owns; the host of the page names them all. */
function* stated(page: Thing, company: Company): Generator<Fact> {
  const named = (name: string): string => `domain:${hostOfUrl(page.value)}|${name}`
  const self = thing('organization', named(company.name))
  const { lei, email, phone, address, point } = company
  yield saw(page, 'mentions', 'organization', self.value)
  yield saw(self, 'website', 'url', company.site)
  if (lei !== undefined) yield saw(self, 'same_as', 'organization', `lei:${lei}|${company.legalName}`)
  if (email !== undefined) yield saw(self, 'mentions', 'email', email)
  if (phone !== undefined) yield saw(self, 'mentions', 'phone', phone)
  if (address) {
    const { street, city, postalCode, country } = address
    yield saw(self, 'location', 'postal-address', named(`${street}, ${city}, ${postalCode}, ${country}`))
  }
  if (point) yield saw(self, 'location', 'geo-point', `${point.latitude},${point.longitude}`)
  for (const profile of company.profiles) yield saw(self, 'social_media_profile', 'account', profile)
  for (const same of company.sameAs) yield saw(self, 'same_as', 'url', same)
  for (const { name } of company.people) {
    yield saw(page, 'mentions', 'person', named(name))
    yield saw(self, 'member', 'person', named(name))
  }
  for (const name of company.departments) {
    yield saw(page, 'mentions', 'organization', named(name))
    yield saw(self, 'org_unit', 'organization', named(name))
  }
  for (const subsidiary of company.subsidiaries) {
    yield saw(self, 'subsidiary', 'organization', named(subsidiary.name))
    yield* stated(page, subsidiary)
  }
}
