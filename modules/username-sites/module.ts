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
      const exchange = await profileAt(http, site, name)
      return exchange !== undefined && !(await profileAt(http, site, impossible)) ? { site, exchange } : undefined
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

/** The exchange that shows the profile of a name, or undefined. */
async function profileAt(http: Http, { probe, missing, found }: Site, name: string): Promise<string | undefined> {
  const answer = await http.look(probe.replace('{}', encodeURIComponent(name)), asked)
  if (answer?.status !== 200 || challengeOf(answer)) return undefined
  const text = missing || found ? textOf(answer) : ''
  if ((missing && text.includes(missing)) || (found && !text.includes(found))) return undefined
  return answer.exchange
}
