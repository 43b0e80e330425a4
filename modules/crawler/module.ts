import { isAddress } from '@mirage/model/address.ts'
import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { type Http, type Sighting, defineModule, observe } from '@mirage/module-sdk'
import { headerOf, mediaTypeOf, textOf } from '@mirage/module-sdk/body.ts'
import { type Page, isHtml, readPage, resolveLink } from '@mirage/module-sdk/page.ts'
import { readRobots, readSecurityText, readSitemap } from './files.ts'
import { answersEverything, isParked } from './hollow.ts'

const asTarget = { anyCertificate: true, redirects: 0, maxBytes: 2 * 1024 * 1024, timeoutMs: 15_000 }

/** Names of files that hold no text to read. */
const media =
  /\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|woff2?|ttf|otf|eot|mp[34]|m4[av]|webm|og[gv]|wav|avi|mov|zip|gz|tgz|bz2|xz|7z|rar|iso|dmg|exe|msi|deb|rpm|apk|jar|pdf|docx?|xlsx?|pptx?|css)$/i

const readable = /^(?:text\/|application\/(?:(?:[\w.-]+\+)?(?:json|xml)|javascript|x-javascript|ecmascript|x-ndjson))/

/** Files of a site that are asked for at its root, with the media types they come in. */
const wellKnown: [path: string, type: RegExp][] = [
  ['/robots.txt', /^text\/plain$/],
  ['/sitemap.xml', /^(?:application|text)\/xml$/],
  ['/.well-known/security.txt', /^text\/plain$/],
]

type Crawled = Sighting<'url' | 'domain' | 'ip-address' | 'web-form' | 'email'>

/**
 * One page of a site: its links, forms and the hosts it names; at a root also robots.txt (RFC 9309), the site map
 * (sitemaps.org) and security.txt (RFC 9116). Every link becomes a URL that is read in its own turn, within the scope
 * and depth of the run. Parked pages and sites that answer everything alike say nothing. A page worth reading is tagged
 * `page`: the extractors read it from the record.
 */
export const module = defineModule({
  id: 'crawler',
  version: 1,
  title: 'Crawler',
  summary: 'Links, forms and well-known files of web pages',
  homepage: 'https://www.rfc-editor.org/rfc/rfc9309',
  consumes: [{ type: 'url' }],
  produces: ['url', 'domain', 'ip-address', 'web-form', 'email'],
  contact: 'target',
  origin: 'target',
  useCases: ['footprint', 'investigate'],
  limits: { concurrency: 50, timeout: '2m', perHost: 500 },
  sample: 'https://www.northwind.example/',
  async *run({ entity, http }) {
    const at = entity.value
    if (!/^https?:/.test(at) || media.test(new URL(at).pathname) || isTrap(at)) return
    const answer = await http.look(at, asTarget)
    if (!answer) return
    const { status, exchange } = answer
    const location = status >= 300 && status < 400 ? headerOf(answer, 'location') : undefined
    const target = location === undefined ? undefined : resolveLink(location, at)
    if (target) yield observe('url', target, { via: 'redirects_to', attributes: { redirect: status } })
    if (status >= 300 || !readable.test(isHtml(answer) ? 'text/html' : mediaTypeOf(answer))) return
    const page = isHtml(answer) ? readPage(answer) : undefined
    const attributes = { status, title: page?.title, contentType: headerOf(answer, 'content-type') }
    if (page && isParked(page)) {
      yield observe('url', at, { attributes, tags: ['parked'], exchange })
      return
    }
    if (page && (await answersEverything(http, answer, asTarget))) return
    yield observe('url', at, { attributes, tags: ['page'], exchange })
    for (const sighting of page ? pageSightings(page, at) : fileSightings(answer, at)) yield { ...sighting, exchange }
    if (new URL(at).pathname === '/' && new URL(at).search === '') yield* wellKnownFiles(http, at)
  },
})

/** A path that repeats itself or never ends: calendars and links that are relative by mistake. */
function isTrap(at: string): boolean {
  const segments = new URL(at).pathname.split('/').filter((segment) => segment !== '')
  return at.length > 2000 || segments.length > 12 || segments.length - new Set(segments).size > 3
}

function* pageSightings(page: Page, at: string): Generator<Crawled, void, void> {
  const own = hostOfUrl(at)
  for (const { url, element } of page.links) {
    if (element === 'link' || element === 'image' || url === at) continue
    yield observe('url', url, { via: 'links_to' })
    const host = hostOfUrl(url)
    if (host !== own) yield observe(isAddress(host) ? 'ip-address' : 'domain', host, { via: 'mentions' })
  }
  const { origin } = new URL(at)
  for (const { action, method, fields } of page.forms) {
    const target = action.startsWith(`${origin}/`) ? action.slice(origin.length) : action
    const hasPassword = fields.some((field) => field.endsWith(':password'))
    yield observe('web-form', `${at}|${method.toUpperCase()} ${target}`, {
      via: 'contains',
      attributes: { action, method, fields },
      tags: hasPassword ? ['login'] : [],
    })
  }
}

function* fileSightings(answer: HttpAnswer, at: string): Generator<Crawled, void, void> {
  const { pathname } = new URL(at)
  const type = mediaTypeOf(answer)
  if (pathname === '/robots.txt' && type === 'text/plain') {
    for (const url of readRobots(textOf(answer), at)) yield observe('url', url, { via: 'links_to' })
  } else if (pathname === '/.well-known/security.txt' && type === 'text/plain') {
    const { emails, urls } = readSecurityText(textOf(answer))
    for (const email of emails) yield observe('email', email, { via: 'mentions' })
    for (const url of urls) yield observe('url', url, { via: 'links_to' })
  } else if (type.endsWith('xml')) {
    for (const url of readSitemap(textOf(answer), at) ?? [])
      if (url !== at) yield observe('url', url, { via: 'links_to' })
  }
}

async function* wellKnownFiles(http: Http, root: string): AsyncGenerator<Crawled, void, void> {
  for (const [path, type] of wellKnown) {
    const address = new URL(path, root).href
    const answer = await http.look(address, asTarget)
    if (answer?.status === 200 && type.test(mediaTypeOf(answer))) yield observe('url', address, { via: 'links_to' })
  }
}
