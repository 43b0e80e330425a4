import type { Page } from './page.ts'
import type { TechnologyName } from './technologies.ts'

/** What one or more host names show on the web. */
export interface Site {
  machine: string
  hosts: readonly string[]
  /** What plain HTTP does: the same pages, a redirect to HTTPS, or a redirect of everything to another origin. */
  http: 'serve' | 'redirect'
  technologies: readonly TechnologyName[]
  /** Names the icon; its bytes follow from the name. */
  favicon?: string
  pages: ReadonlyMap<string, Page>
  /** A page that sells the name: what it links and says is not the name owner's. */
  parked?: boolean
  /** Serves this page for every path, as applications of one page do. */
  catchAll?: boolean
  /** The other port that shows it to whoever names no host. */
  port?: number
  robots?: { allow?: string[]; disallow?: string[]; sitemaps?: string[] }
}

/** The bytes of an icon: the header of an ICO file and pixels that follow from its name. */
export function faviconBytes(name: string): Uint8Array {
  const pixels = Buffer.alloc(64)
  for (let i = 0; i < pixels.length; i++) pixels[i] = (name.charCodeAt(i % name.length) * (i + 7)) & 255
  return Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 0, 4, 4, 0, 0, 1, 0, 32, 0, 64, 0, 0, 0, 22, 0, 0, 0]), pixels])
}

/** robots.txt (RFC 9309) of a site that has one. */
export function robotsText(robots: NonNullable<Site['robots']>): string {
  return [
    'User-agent: *',
    ...(robots.disallow ?? []).map((path) => `Disallow: ${path}`),
    ...(robots.allow ?? []).map((path) => `Allow: ${path}`),
    ...(robots.sitemaps ?? []).map((url) => `Sitemap: ${url}`),
    '',
  ].join('\n')
}
