import type { Person } from '../people.ts'
import { faviconBytes, robotsText, type Site } from '../site.ts'
import { audienceSites } from './audiences.ts'
import { customerSites } from './customers.ts'
import { developmentSites } from './development.ts'
import { frontSites } from './front.ts'
import { hostedSites } from './hosted.ts'
import { relationSites } from './relations.ts'
import { staffSites } from './staff.ts'
import { storefrontSites } from './storefront.ts'
import { trapSites } from './traps.ts'

/** Every hand-made site of the world. Of those on one machine the first answers whoever names none of its hosts. */
export function makeSites(people: readonly Person[], seed: number): Site[] {
  return [
    ...frontSites(people, seed),
    ...audienceSites(people, seed),
    ...customerSites(),
    ...storefrontSites(seed),
    ...developmentSites(people, seed),
    ...staffSites(people),
    ...hostedSites(people, seed),
    ...relationSites(),
    ...trapSites(),
  ].map((plan) => {
    const pages = new Map(plan.pages.map((page) => [page.path, page]))
    if (plan.robots)
      pages.set('/robots.txt', {
        path: '/robots.txt',
        status: 200,
        type: 'text/plain',
        parts: [],
        body: robotsText(plan.robots),
      })
    if (plan.favicon !== undefined)
      pages.set('/favicon.ico', {
        path: '/favicon.ico',
        status: 200,
        type: 'image/x-icon',
        parts: [],
        body: faviconBytes(plan.favicon),
      })
    return { ...plan, http: plan.http ?? 'redirect', pages }
  })
}
