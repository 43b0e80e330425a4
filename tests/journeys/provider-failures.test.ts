import { providerFailures } from '@mirage/lab/providers/failures.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabInstallation, openLabInstallation } from './lab-scan.ts'

/** What a provider refuses in its own words is told apart from nothing found, and stops no other module. */

let installation: LabInstallation

beforeAll(async () => {
  installation = await openLabInstallation()
  for (const name of ['SHODAN_API_KEY', 'HUNTER_API_KEY'])
    await installation.modules.setKey({ name, value: `${name.toLowerCase()}-0123456789` })
})
afterAll(() => installation[Symbol.asyncDispose]())

const refusals: [subject: string, failure: object, outcomes: Record<string, Outcome>][] = [
  ['certspotter', providerFailures.certspotter.rateLimited, { certspotter: 'rate-limited' }],
  ['crtsh', providerFailures.crtsh.overloaded, { crtsh: 'unreachable' }],
  ['hackertarget', providerFailures.hackertarget.quota, { hackertarget: 'quota' }],
  ['urlscan', { truncateAt: 300 }, { urlscan: 'unreachable' }],
  ['hibp', providerFailures.hibp.rateLimited, { 'hibp-breaches': 'rate-limited' }],
  ['hunter', providerFailures.hunter.keyRefused, { hunter: 'key-refused' }],
  ['rdap', providerFailures.rdap.rateLimited, { 'rdap-domain': 'rate-limited' }],
  ['team-cymru', { down: true }, { 'team-cymru': 'unreachable' }],
  ['wayback', providerFailures.wayback.overloaded, { wayback: 'unreachable' }],
  ['whois', providerFailures.whois.rateLimited, { whois: 'rate-limited' }],
]

test('each refusal is named, and what does not fail goes on', async () => {
  for (const [subject, failure] of refusals) await installation.control('PUT', `/failures/${subject}`, failure)
  const expected: Record<string, Outcome> = Object.assign({}, ...refusals.map(([, , outcomes]) => outcomes))
  const { run } = await installation.scan({ modules: [...Object.keys(expected), 'dns-resolve'], distance: 0 })
  const { items } = await installation.scans.listLanes({ run })
  const ended = Object.fromEntries(items.map(({ module, outcomes }) => [module, Object.keys(outcomes)]))
  expect(ended).toEqual({
    ...Object.fromEntries(Object.entries(expected).map(([module, outcome]) => [module, [outcome]])),
    'dns-resolve': ['found'],
  })

  // A quota that is used up stays so, also for the next run and when the source says nothing of it any more.
  await installation.control('DELETE', '/failures')
  const next = await installation.scan({ modules: ['hackertarget', 'certspotter'], distance: 0 })
  expect(next.outcomes).toEqual({ hackertarget: { quota: 1 }, certspotter: { found: 1 } })
  const lanes = await installation.scans.listLanes({ run: next.run })
  expect(lanes.items.find(({ module }) => module === 'hackertarget')!.lastReason).toMatch(/asked again from 20/)
}, 120_000)
