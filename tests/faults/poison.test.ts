import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import type { Bus, DeadLetter } from '@mirage/ports/bus.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoScan, Installation, rowsOf } from './installation.ts'

/** Deeper than any store writes: it can be read, but not be made text again. */
const depth = 200_000

describe('poison on the bus', () => {
  let installation: Installation
  let place = ''
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'mirage-poison-'))
    installation = await Installation.create()
  })
  afterAll(async () => {
    await installation?.[Symbol.asyncDispose]()
    rmSync(place, { recursive: true, force: true })
  })

  function openBus(): Promise<Bus> {
    return openSqliteBus({
      path: join(installation.dataDirectory, 'bus.db'),
      offsets: join(place, 'offsets.db'),
      now: () => Date.now(),
    })
  }

  function publish(bus: Bus, id: string, body: string): Promise<void> {
    return bus.publish([{ name: 'observations.collected', workspace: 'default', id, body }])
  }

  async function lettersOf(bus: Bus, service: string): Promise<DeadLetter[]> {
    return bus.deadLetters(`${service}:observations.collected`, { limit: 100 })
  }

  it(
    'is set aside with its reason and counted; the rest is stored and the run ends',
    { timeout: 120_000 },
    async () => {
      const command = installation.start(...demoScan('dns-resolve dns-brute http-probe', '--quiet'))
      await command.says('"kind":"entity"')
      await using bus = await openBus()
      const run = /"run":"(run_\w+)"/.exec((await installation.run('runs', '--json')).stdout)![1]!
      await publish(bus, 'not-json', '{"run": "run_')
      await publish(bus, 'not-a-batch', JSON.stringify({ run, observations: 'many' }))
      await publish(
        bus,
        'half-a-batch',
        JSON.stringify({ run, task: 99_001, attempt: 1, index: 0, observations: 'many' }),
      )
      await publish(bus, 'deep', batchOf(run, ['before', 'deep', 'after']))

      const { code, stdout, stderr } = await command.ended
      expect(code, stderr).toBe(0)
      const summary = rowsOf(stdout).at(-1)!
      // One batch that makes no sense, one record too deep.
      expect(summary).toMatchObject({ status: 'finished', losses: 2 })
      const entities = (await installation.rows('export', run)).filter(({ kind }) => kind === 'entity')
      const values = entities.map(({ value }) => value)
      expect(values).toContain('before@northwind.example')
      expect(values).toContain('after@northwind.example')
      expect(values).not.toContain('deep@northwind.example')

      for (const service of ['data-storage', 'correlation-engine']) {
        const letters = await lettersOf(bus, service)
        expect(letters.map(({ event }) => event.id).sort(), service).toEqual([
          'deep',
          'half-a-batch',
          'not-a-batch',
          'not-json',
        ])
        const reasons = Object.fromEntries(letters.map(({ event, reason }) => [event.id, reason]))
        expect(reasons['not-json']).toMatch(/^not JSON/)
        expect(reasons['half-a-batch']).toMatch(/observations/)
        expect(reasons['deep']).toMatch(/stack/i)
      }
      const unread = await lettersOf(bus, 'scan-orchestration')
      expect(unread.map(({ event }) => event.id).sort()).toEqual(['half-a-batch', 'not-a-batch', 'not-json'])
    },
  )
})

/** A batch of addresses, one of which carries an attribute of unspeakable depth. */
function batchOf(run: string, names: string[]): string {
  const source = entityRef('domain', 'northwind.example')
  const observations = names.map((name): Observation => {
    const entity = entityRef('email', `${name}@northwind.example`)
    const identity = {
      run,
      module: 'crawler',
      source: source.id,
      kind: '',
      direction: 'out',
      entity: entity.id,
      key: '',
    }
    const attributes = name === 'deep' ? { depth: 'DEEP' } : {}
    return { id: observationId(identity), entity, source, key: '', at: Date.now(), attributes }
  })
  const batch = {
    run,
    task: 99_002,
    attempt: 1,
    index: 0,
    module: 'crawler',
    moduleVersion: 1,
    observations,
    findings: [],
  }
  return JSON.stringify(batch).replace('"DEEP"', '['.repeat(depth) + ']'.repeat(depth))
}
