import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { type Context, type Http, defineModule, observe } from '@mirage/module-sdk'
import { headerOf, mediaTypeOf } from '@mirage/module-sdk/body.ts'
import { type Page, isHtml, readPage, resolveLink } from '@mirage/module-sdk/page.ts'
import { faviconHash } from './favicon.ts'
import { tagsOf } from './front.ts'
import { technologiesOf } from './technologies.ts'

const asTarget = { anyCertificate: true, redirects: 0, maxBytes: 2 * 1024 * 1024, timeoutMs: 15_000 }
const maxHops = 5
const webPorts: Record<string, string[]> = { 8000: ['http'], 8080: ['http'], 8443: ['https'], 8888: ['http'] }

/**
 * The web sites of a name, or of an open port that usually has one: status, title and headers of each root, where it
 * redirects to, whether a delivery network or a filter stands before it, and of the page at the end the products and the
 * favicon.
 */
export const module = defineModule({
  id: 'http-probe',
  version: 1,
  title: 'Web probe',
  summary: 'Web sites of names and ports: title, headers, redirects, technologies, favicon',
  homepage: 'https://www.rfc-editor.org/rfc/rfc9110',
  consumes: [{ type: 'domain' }, { type: 'open-port', ports: Object.keys(webPorts).map(Number) }],
  produces: ['url', 'technology', 'fingerprint'],
  contact: 'target',
  origin: 'target',
  useCases: ['footprint', 'investigate', 'monitor'],
  limits: { concurrency: 200, timeout: '3m' },
  // Of several addresses the one that answers first is chance.
  volatile: ['length', 'address'],
  sample: 'northwind.example',
  async *run({ entity, http }) {
    const visits = new Map<string, Promise<Visit | undefined>>()
    const visit = (address: string): Promise<Visit | undefined> => {
      const visited = visits.get(address) ?? look(http, address)
      // Whoever awaits it hears of it; one that is left behind by another's failure ends nothing.
      visited.catch(() => {})
      visits.set(address, visited)
      return visited
    }
    const described = new Set<string>()
    const roots = rootsOf(entity.type, entity.value)
    // Together: a host that stays silent is waited for once, not once a port.
    for (const root of roots) void visit(root)
    for (const root of roots) {
      let at = root
      let seen = await visit(root)
      if (!seen) continue
      yield observe('url', root, { via: 'website', ...describe(seen) })
      for (let hops = 0; seen && hops < maxHops; hops++) {
        const { answer }: Visit = seen
        const { status, exchange } = answer
        const target = status >= 300 && status < 400 ? headerOf(answer, 'location') : undefined
        const next = target === undefined ? undefined : resolveLink(target, at)
        if (next === undefined || next === at) break
        const from = { type: 'url', value: at } as const
        yield observe('url', next, { via: 'redirects_to', from, attributes: { redirect: status }, exchange })
        seen = await visit(next)
        at = next
      }
      if (!seen || seen.answer.status >= 300 || described.has(at)) continue
      described.add(at)
      if (at !== root) yield observe('url', at, describe(seen))
      yield* describePage(at, seen, visit)
    }
  },
})

/** An answer, and its page where it is one: read once, whoever looks at it. */
interface Visit {
  answer: HttpAnswer
  page: Page | undefined
}

async function look(http: Http, address: string): Promise<Visit | undefined> {
  const answer = await http.look(address, asTarget)
  return answer && { answer, page: answer.status < 300 && isHtml(answer) ? readPage(answer) : undefined }
}

async function* describePage(at: string, { answer, page }: Visit, visit: (url: string) => Promise<Visit | undefined>) {
  const from = { type: 'url', value: at } as const
  const { exchange } = answer
  for (const { name, version } of technologiesOf(answer, page)) {
    yield observe('technology', name, { via: 'product_used', from, attributes: { version }, exchange })
  }
  if (!page) return
  const icon = (await visit(iconOf(page, at)))?.answer
  if (icon?.status !== 200 || icon.body.length === 0 || icon.truncated || mediaTypeOf(icon).startsWith('text/')) return
  yield observe('fingerprint', `favicon-mmh3:${faviconHash(icon.body)}`, {
    via: 'uses_fingerprint',
    from,
    exchange: icon.exchange,
  })
}

function rootsOf(type: Context['entity']['type'], value: string): string[] {
  if (type === 'domain') return [`https://${value}/`, `http://${value}/`]
  const [, host, port] = /^(.+):(\d+)\/tcp$/.exec(value) ?? []
  return (webPorts[port ?? ''] ?? []).map((scheme) => `${scheme}://${host}:${port}/`)
}

/** The icon that the page names, unless it is of another origin; else the one browsers ask for unasked. */
function iconOf(page: Page, at: string): string {
  const { origin } = new URL(at)
  const named = page.links.find(({ element, rel }) => element === 'link' && rel?.split(/\s+/).includes('icon'))
  return named && new URL(named.url).origin === origin ? named.url : `${origin}/favicon.ico`
}

/** What every sighting of a visited URL says. */
function describe({ answer, page }: Visit): { attributes: Record<string, unknown>; tags: string[]; exchange: string } {
  const attributes = {
    status: answer.status,
    title: page?.title,
    description: page?.meta['description'],
    server: headerOf(answer, 'server'),
    poweredBy: headerOf(answer, 'x-powered-by'),
    contentType: headerOf(answer, 'content-type'),
    location: headerOf(answer, 'location'),
    strictTransportSecurity: headerOf(answer, 'strict-transport-security'),
    contentSecurityPolicy: headerOf(answer, 'content-security-policy'),
    length: answer.body.length,
    address: answer.address,
    addresses: answer.addresses,
    untrusted: answer.tls?.untrusted,
  }
  return { attributes, tags: tagsOf(answer, page), exchange: answer.exchange }
}
