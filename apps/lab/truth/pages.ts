import { normalise } from '@mirage/model/registry.ts'
import { type Oracle, saw } from './fact.ts'
import { extractor } from './web.ts'

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
]
