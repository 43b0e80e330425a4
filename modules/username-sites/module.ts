import { contentId } from '@mirage/model/id.ts'
import { type Http, defineModule, observe } from '@mirage/module-sdk'
import { textOf } from '@mirage/module-sdk/body.ts'
import { challengeOf } from '@mirage/module-sdk/challenge.ts'
import sites from './sites.json' with { type: 'json' }

/** How a site is asked; `{}` stands for the name. A profile is there when the answer is a 200, and not otherwise unless a mark says more. */
interface Site {
  /** As account values name it. */
  site: string
  probe: string
  /** The account's name on the site, where it is not the username itself. */
  account?: string
  /** Stands in the answer for a name that nobody has. */
  missing?: string
  /** Stands only in the answer for a name that somebody has. */
  found?: string
}

const atOnce = 8
const asked = { redirects: 2, maxBytes: 512 * 1024, timeoutMs: 15_000, cacheFor: '6h' }

/**
 * The sites on which somebody uses a name. That it is the same person, nothing says. A site that also knows a name that
 * nobody can have tells nothing and is left out: each hit is followed by such a control.
 */
export const module = defineModule({
  id: 'username-sites',
  version: 1,
  title: 'Usernames on sites',
  summary: 'Sites on which an account of this name exists',
  homepage: 'https://datatracker.ietf.org/doc/html/rfc9110',
  consumes: [{ type: 'username' }],
  produces: ['account'],
  contact: 'stored',
  useCases: ['identity', 'investigate'],
  flags: ['unofficial'],
  limits: { perSecond: 10, concurrency: 2, timeout: '5m', cacheFor: '6h' },
  sample: 'northwind-dev',
  async *run({ entity, http }) {
    const name = entity.value
    // Of a length and alphabet that every site takes, and so unlikely that nobody has it; it follows from the name, so
    // that a second attempt asks the same.
    const impossible = `zq${contentId(name).slice(0, 12)}`
    const ask = async (site: Site): Promise<{ site: Site; exchange: string } | undefined> => {
      const { verdict, exchange } = await profileAt(http, site, name)
      if (verdict !== 'there' || exchange === undefined) return undefined
      // A control that brings no verdict proves nothing.
      return (await profileAt(http, site, impossible)).verdict === 'missing' ? { site, exchange } : undefined
    }
    for (let first = 0; first < sites.length; first += atOnce) {
      const hits = await Promise.all((sites as Site[]).slice(first, first + atOnce).map(ask))
      for (const hit of hits) {
        if (!hit) continue
        const { site, account = '{}' } = hit.site
        yield observe('account', `${site}/${account.replace('{}', name)}`, { via: 'account', exchange: hit.exchange })
      }
    }
  },
})

/** Whether a site has a profile of a name, and the exchange that shows it; `unknown` where it did not say. */
async function profileAt(
  http: Http,
  { probe, missing, found }: Site,
  name: string,
): Promise<{ verdict: 'there' | 'missing' | 'unknown'; exchange?: string }> {
  const answer = await http.look(probe.replace('{}', encodeURIComponent(name)), asked)
  if (!answer || challengeOf(answer) || isTrouble(answer.status)) return { verdict: 'unknown' }
  const text = missing || found ? textOf(answer) : ''
  const isMissing = answer.status !== 200 || (missing && text.includes(missing)) || (found && !text.includes(found))
  return { verdict: isMissing ? 'missing' : 'there', exchange: answer.exchange }
}

/** The site asks for time, or is broken (RFC 9110 §15.5.9, §15.6; RFC 6585 §4). */
function isTrouble(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}
