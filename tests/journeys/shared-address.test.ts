import { makeWorld } from '@mirage/lab/world/world.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabInstallation, openLabInstallation } from './lab-scan.ts'

/** An address of the demo company's hoster, with two dozen owners on it: who says so late still says so in time. */

let installation: LabInstallation

beforeAll(async () => {
  installation = await openLabInstallation()
})
afterAll(() => installation[Symbol.asyncDispose]())

const modules = ['crtsh', 'dns-resolve', 'dns-reverse', 'internetdb', 'port-scan', 'http-probe', 'tls-certificate']

test('a run finds the same when the sources that list the names on addresses are slow', async () => {
  const quick = await installation.scan({ modules })
  await installation.control('PUT', '/failures/internetdb', { delayMs: 250 })
  const slow = await installation.scan({ modules })
  const differences: object[] = []
  for await (const difference of await installation.scans.compareRuns({ run: slow.run, before: quick.run }))
    differences.push(difference)
  expect(differences).toEqual([{ kind: 'summary', new: 0, gone: 0, changed: 0, unconfirmed: 0 }])
  const [address] = makeWorld({ seed: 7, size: 'demo' }).addressesOf('events.northwind.example')
  for (const { run } of [quick, slow]) {
    const tasks = await tasksOn(run, entityRef('ip-address', address!).id)
    expect(tasks.sort()).toEqual(['dns-reverse', 'internetdb'])
  }
}, 120_000)

/** The modules that were given an entity, whatever became of that. */
async function tasksOn(run: string, entity: string): Promise<string[]> {
  const modules: string[] = []
  for await (const { data } of await installation.scans.watchRun({ run, entities: false }))
    if (data.kind === 'task' && data.entities.includes(entity)) modules.push(data.module)
  return modules
}
