import { contentId } from '@mirage/model/id.ts'
import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { sharedInfrastructure } from '@mirage/model/shared-infrastructure.ts'
import type { Http, TargetOptions } from '@mirage/module-sdk'
import { textOf } from '@mirage/module-sdk/body.ts'
import type { Page } from '@mirage/module-sdk/page.ts'

const offers = [
  /\bdomain(?: name)?(?: \S+)? (?:is|may be|might be) for sale\b/i,
  /\bbuy this domain\b/i,
  /\bdomain is parked\b/i,
  /\bparked free,? courtesy of\b/i,
  /\bthis (?:web ?page|domain|site) is parked\b/i,
]

/** True for a page that sells the name: what it links and says is not the name owner's. */
export function isParked(page: Page): boolean {
  const said = `${page.title ?? ''} ${page.text.slice(0, 5000)}`
  if (offers.some((offer) => offer.test(said))) return true
  return page.links.some(
    ({ url, element }) =>
      (element === 'script' || element === 'frame') && sharedInfrastructure(new URL(url).hostname)?.kind === 'parking',
  )
}

/**
 * True when the site answers in the same way for a path that cannot exist: then this page tells nothing of its own
 * path. The path follows from the host, so that one answer serves every page of a site.
 */
export async function answersEverything(http: Http, answer: HttpAnswer, asTarget: TargetOptions): Promise<boolean> {
  const { origin, host, pathname, search } = new URL(answer.url)
  const path = `/${contentId(host).slice(0, 12)}`
  const control = await http.look(`${origin}${path}`, { ...asTarget, cacheFor: '1h' })
  if (control?.status !== answer.status) return false
  return without(textOf(answer), pathname + search) === without(textOf(control), path)
}

/** The text without the path it was asked by, which some pages repeat. */
function without(text: string, path: string): string {
  return path === '/' ? text : text.replaceAll(path, '/')
}
