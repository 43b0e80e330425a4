import { MarkupParser } from '@mirage/module-sdk/markup.ts'
import { resolveLink } from '@mirage/module-sdk/page.ts'

const maxUrls = 10_000

/** The URLs that a robots.txt names (RFC 9309): plain paths of its rules, and site maps. */
export function readRobots(text: string, base: string): string[] {
  const urls = new Set<string>()
  for (const line of text.split(/\r?\n/).slice(0, maxUrls)) {
    const [, field = '', value = ''] = /^\s*(allow|disallow|sitemap)\s*:\s*([^\s#]+)/i.exec(line) ?? []
    const isPath = field.toLowerCase() !== 'sitemap'
    if (value === '' || (isPath && (!/^\/[^*$]*$/.test(value) || value === '/'))) continue
    const url = resolveLink(value, base)
    if (url) urls.add(url)
  }
  return [...urls]
}

/** The locations of a site map or of a list of site maps (sitemaps.org); undefined when the text is neither. */
export function readSitemap(text: string, base: string): string[] | undefined {
  if (!/<(?:\w+:)?(?:urlset|sitemapindex)[\s>]/i.test(text.slice(0, 4096))) return undefined
  const urls = new Set<string>()
  let location: string | undefined
  const parser = new MarkupParser(
    {
      onopentag(name) {
        if (/^(?:\w+:)?loc$/i.test(name)) location = ''
      },
      ontext(data) {
        if (location !== undefined) location += data
      },
      onclosetag() {
        const url = location === undefined || urls.size >= maxUrls ? undefined : resolveLink(location, base)
        if (url) urls.add(url)
        location = undefined
      },
    },
    { xmlMode: true, decodeEntities: true },
  )
  parser.end(text)
  return [...urls]
}

/** What a security.txt names (RFC 9116): e-mail addresses of its contacts, and the URLs of every field. */
export function readSecurityText(text: string): { emails: string[]; urls: string[] } {
  const emails: string[] = []
  const urls: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, field = '', value = ''] = /^([A-Za-z-]+):\s*(\S+)\s*$/.exec(line) ?? []
    const email = /^mailto:([^?]+)/i.exec(value)?.[1]
    if (field.toLowerCase() === 'contact' && email) emails.push(email)
    else if (/^https?:\/\//i.test(value)) urls.push(value)
  }
  return { emails, urls }
}
