import { isAddress } from '@mirage/model/address.ts'
import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import { credentialLeakValue } from '@mirage/model/entities/threat/credential-leak.ts'
import { webPorts } from '../world/labels.ts'
import type { Part } from '../world/page.ts'
import { faviconBytes } from '../world/site.ts'
import { answerWeb, serviceAt, type WebAnswer } from '../world/web.ts'
import type { World } from '../world/world.ts'
import { addressOf } from './address.ts'
import { type Fact, type Oracle, saw, sawFrom, type Thing, thing } from './fact.ts'
import { faviconFingerprint } from './favicon.ts'

/** Hosts that a scan of the demo company may send a request to. */
function isInScope(host: string, world: World): boolean {
  return (
    host === 'northwind.example' ||
    host.endsWith('.northwind.example') ||
    (isAddress(host) && /^(northwind|fleet)/.test(world.networkOf(host)?.id ?? ''))
  )
}

/** What a GET of this URL meets in the world; undefined where nothing answers. */
export function fetchWorld(world: World, url: string): WebAnswer | undefined {
  const { protocol, port, pathname, search } = new URL(url)
  const host = hostOfUrl(url)
  const [address] = isAddress(host) ? [host] : world.addressesOf(host)
  if (address === undefined) return undefined
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  const service = serviceAt(world, address, number)
  const spoken = typeof service === 'object' ? service.protocol : undefined
  return spoken === protocol.slice(0, -1)
    ? answerWeb(world, { address, port: number, host, path: pathname + search })
    : undefined
}

/** Files that a crawler does not open, by name. */
const media = /\.(pdf|svg|png|ico|css)$/
const readable = /^text\/|javascript|json|xml/

/** The page of a URL if it is worth reading: it answers below 300, with text, and is neither parked nor the same for every path. */
export function readablePage(world: World, url: string): WebAnswer | undefined {
  if (media.test(new URL(url).pathname)) return undefined
  const answer = fetchWorld(world, url)
  const isHollow = answer?.site?.parked || answer?.site?.catchAll
  return answer?.page && answer.status < 300 && readable.test(answer.page.type) && !isHollow ? answer : undefined
}

const maxHops = 5
const isWeb = ({ type, value }: Thing): boolean => type === 'url' && value.startsWith('http')

export const webOracles: readonly Oracle[] = [
  {
    id: 'http-probe',
    contact: 'target',
    consumes: ({ type }) => type === 'domain' || type === 'open-port',
    *facts(asked, world) {
      for (const root of rootsOf(asked)) {
        if (!fetchWorld(world, root)) continue
        yield saw(asked, 'website', 'url', root)
        yield* followed(world, root)
      }
    },
  },
  {
    id: 'crawler',
    contact: 'target',
    consumes: isWeb,
    *facts(asked, world) {
      const answer = media.test(new URL(asked.value).pathname) ? undefined : fetchWorld(world, asked.value)
      const location = answer?.headers['location']
      if (answer && answer.status >= 300 && answer.status < 400 && typeof location === 'string')
        yield saw(asked, 'redirects_to', 'url', new URL(location, asked.value).href)
      const page = readablePage(world, asked.value)?.page
      if (!page) return
      const html = page.type === 'text/html'
      for (const part of page.parts) if (html) yield* linkFacts(asked, part)
      const { pathname, search, origin } = new URL(asked.value)
      if (pathname === '/robots.txt') yield* robotsFacts(asked, world)
      else if (!html && (page.type.endsWith('xml') || pathname.endsWith('/security.txt')))
        for (const part of page.parts) {
          if (part.kind === 'link') yield saw(asked, 'links_to', 'url', part.href)
          if (part.kind === 'email') yield saw(asked, 'mentions', 'email', part.email)
        }
      if (pathname !== '/' || search !== '') return
      for (const [path, type] of [
        ['/robots.txt', 'text/plain'],
        ['/sitemap.xml', 'application/xml'],
        ['/.well-known/security.txt', 'text/plain'],
      ] as const) {
        const file = fetchWorld(world, origin + path)
        if (file?.status === 200 && file.page?.type === type) yield saw(asked, 'links_to', 'url', origin + path)
      }
    },
  },
  extractor('extract-contacts', function* (page, part) {
    if (part.kind === 'email') yield saw(page, 'mentions', 'email', part.email)
    // It stands in a script, where a reader of pages sees addresses too, but no numbers.
    if (part.kind === 'company' && part.company.email) yield saw(page, 'mentions', 'email', part.company.email)
    if (part.kind === 'phone') yield saw(page, 'mentions', 'phone', part.phone)
  }),
  extractor('extract-identifiers', function* (page, part) {
    if (part.kind === 'crypto') yield saw(page, 'mentions', 'crypto-address', part.shown)
    if (part.kind === 'iban') yield saw(page, 'mentions', 'bank-account', part.shown)
    if (part.kind === 'hash') yield saw(page, 'mentions', 'hash', part.shown)
    if (part.kind === 'account') yield saw(page, 'social_media_profile', 'account', part.href)
    if (part.kind === 'analytics') yield saw(page, 'uses_fingerprint', 'fingerprint', `analytics:${part.id}`)
  }),
  extractor('extract-secrets', function* (page, part) {
    if (part.kind === 'secret')
      yield sawFrom(page, 'exposed_in', 'credential-leak', credentialLeakValue(part.secretKind, part.secret))
  }),
]

/** A reader of pages that the crawler fetched. */
export function extractor(id: string, read: (page: Thing, part: Part) => Iterable<Fact>): Oracle {
  return {
    id,
    contact: 'none',
    consumes: isWeb,
    *facts(asked, world) {
      if (!isInScope(hostOfUrl(asked.value), world)) return
      for (const part of readablePage(world, asked.value)?.page?.parts ?? []) yield* read(asked, part)
    },
  }
}

function rootsOf({ type, value }: Thing): string[] {
  if (type === 'domain') return [`https://${value}/`, `http://${value}/`]
  const { address, port } = addressOf(value)
  const host = address.includes(':') ? `[${address}]` : address
  return webPorts.includes(port) ? [`${port === 8443 ? 'https' : 'http'}://${host}:${port}/`] : []
}

/** The redirects from a root, and what the page at their end is made with. */
function* followed(world: World, root: string): Generator<Fact> {
  let at = root
  for (let hops = 0; hops <= maxHops; hops++) {
    const answer = fetchWorld(world, at)
    const location = answer?.headers['location']
    if (!answer) return
    if (answer.status < 300 || answer.status >= 400 || typeof location !== 'string') return yield* madeWith(at, answer)
    const next = new URL(location, at).href
    yield saw(thing('url', at), 'redirects_to', 'url', next)
    if (!isInScope(hostOfUrl(next), world)) return
    at = next
  }
}

function* madeWith(at: string, { status, site }: WebAnswer): Generator<Fact> {
  if (status >= 400 || !site) return
  const page = thing('url', at)
  for (const name of site.technologies) yield saw(page, 'product_used', 'technology', name)
  if (site.favicon !== undefined)
    yield saw(page, 'uses_fingerprint', 'fingerprint', faviconFingerprint(faviconBytes(site.favicon)))
}

function* linkFacts(page: Thing, part: Part): Generator<Fact> {
  const target =
    part.kind === 'link' || part.kind === 'account' ? part.href : part.kind === 'form' ? part.action : undefined
  if (target === undefined) return
  const url = thing('url', new URL(target, page.value).href)
  if (url.value !== page.value) {
    yield saw(page, 'links_to', 'url', url.value)
    const host = hostOfUrl(url.value)
    if (host !== hostOfUrl(page.value)) yield saw(page, 'mentions', isAddress(host) ? 'ip-address' : 'domain', host)
  }
  if (part.kind !== 'form') return
  const action = new URL(target, page.value)
  const path = action.origin === new URL(page.value).origin ? action.pathname + action.search : action.href
  yield saw(page, 'contains', 'web-form', `${page.value}|${part.method} ${path}`)
}

function* robotsFacts(file: Thing, world: World): Generator<Fact> {
  const robots = world.siteOf(hostOfUrl(file.value))?.robots
  for (const path of [...(robots?.disallow ?? []), ...(robots?.allow ?? []), ...(robots?.sitemaps ?? [])])
    if (path !== '/' && !/[*$]/.test(path)) yield saw(file, 'links_to', 'url', new URL(path, file.value).href)
}
