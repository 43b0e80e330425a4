import { labTruth } from '@mirage/lab/lab.ts'
import { scoreAgainstTruth } from '@mirage/lab/truth/score.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabInstallation, openLabInstallation } from './lab-scan.ts'

/** A scan finds what there is and invents nothing: the whole platform against a world that is known line by line. */

let installation: LabInstallation
const keyed = ['SHODAN_API_KEY', 'HUNTER_API_KEY', 'HIBP_API_KEY']

beforeAll(async () => {
  installation = await openLabInstallation()
  for (const name of keyed) await installation.modules.setKey({ name, value: `${name.toLowerCase()}-0123456789` })
})
afterAll(() => installation[Symbol.asyncDispose]())

test('every module together finds 99 % of what can be found, and nothing that is not there', async () => {
  const modules = manifest.map(({ id }) => id)
  const run = await installation.scan({ modules, allow: ['unofficial'] })
  const truth = labTruth({ size: 'demo', seed: 7, modules })
  const score = await scoreAgainstTruth(installation.found(run.run), truth)
  expect(run).toMatchObject({ status: 'finished', losses: 0 })
  expect(score.invented).toEqual([])
  expect(score.expected).toBeGreaterThan(1500)
  const { page: _pages, ...tagged } = await installation.tagged(run.run)
  // Of the vocabulary only `waf` has no case in the lab.
  expect(Object.keys(tagged).sort()).toEqual(['cdn', 'cloud', 'expired', 'login', 'parked', 'unresolved', 'wildcard'])
  expect(tagged['wildcard']?.sort()).toEqual([
    'domain:feeds.data.northwind.example',
    'domain:preview.northwind.example',
  ])
  expect(tagged).toMatchObject({
    cdn: expect.arrayContaining(['domain:static.northwind.example', 'domain:d2xk3q8h1v7b4n.cloudfront.net']),
    cloud: expect.arrayContaining(['domain:shop.northwind.example']),
    parked: expect.arrayContaining(['domain:promo.northwind.example']),
    unresolved: expect.arrayContaining(['domain:campaign2019.northwind.example']),
  })
  // Few enough to be read in the failure.
  expect(score.recall < 0.99 ? score.missed : []).toEqual([])
}, 240_000)

test('the blocks of the company as targets are swept, and what DNS says of them is all there', async () => {
  const modules = manifest.map(({ id }) => id).filter((id) => id.startsWith('dns-'))
  const blocks = ['198.18.8.0/22', '2001:db8:8::/48']
  const run = await installation.scan({ modules }, blocks)
  const truth = labTruth({ size: 'demo', seed: 7, modules, blocks })
  const score = await scoreAgainstTruth(installation.found(run.run), truth)
  expect(run).toMatchObject({ status: 'finished', losses: 0 })
  expect(score.invented).toEqual([])
  expect(score.missed).toEqual([])
  expect(score.expected).toBeGreaterThan(300)
}, 120_000)
