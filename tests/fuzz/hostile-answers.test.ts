import { misfits } from '@mirage/kit/schema.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import { outcomes } from '@mirage/model/outcome.ts'
import { normalise } from '@mirage/model/registry.ts'
import type { AnyModule } from '@mirage/module-sdk/define.ts'
import { type Ended, runModule } from '@mirage/module-sdk/run.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { describe, expect, it } from 'vitest'
import { hostilities } from './hostilities.ts'
import { bytes, fixturesOf, garbled, mutated, types } from './odd.ts'
import { chanceOf, seed } from './seed.ts'
import { type Hostility, hostileTransport } from './transport.ts'

/**
 * Every module against peers that mean ill: a task ends, with an outcome of the closed list that is not `failed` (which
 * means a bug of ours), and everything that it yielded on the way fits its schema and is bounded.
 */

const rounds = Number(process.env['MIRAGE_TEST_ROUNDS'] ?? 40)
/** A task that takes longer is stopped; a module that does not heed that never ends. */
const patienceMs = 30_000
/** An observation travels in batches of hundreds and stands in three stores. */
const mostObservationBytes = 128 * 1024

interface Met {
  end: Ended
  /** Why what it yielded may not be passed on. */
  wrong: string[]
}

async function meet(module: AnyModule, hostility: Hostility, settings: Record<string, unknown> = {}): Promise<Met> {
  const { type } = module.consumes.find(({ type }) => normalise(type, module.sample) !== undefined)!
  const entities = [entityRef(type, normalise(type, module.sample)!)]
  const task = { run: 'run_test', entities, settings, key: 'test-key-0123456789' }
  const options = { signal: AbortSignal.timeout(patienceMs), now: () => 0 }
  const wrong: string[] = []
  let seen = 0
  for await (const item of runModule(module, task, hostileTransport(hostility), options)) {
    if (item.kind === 'end') return { end: item, wrong }
    // Checking costs more than finding; the first of many like ones tell.
    if (seen++ > 3_000 || wrong.length > 3) continue
    if (item.kind === 'finding') wrong.push(...misfits(ModuleFinding, item.finding))
    else {
      wrong.push(...misfits(Observation, item.observation))
      const size = Buffer.byteLength(JSON.stringify(item.observation))
      if (size > mostObservationBytes) wrong.push(`an observation of ${size} bytes`)
    }
  }
  throw new Error('The run ended without an end.')
}

describe.each(manifest)(`$id meets hostile answers (MIRAGE_TEST_SEED=${seed})`, ({ id, load }) => {
  const expected = expect.toBeOneOf(outcomes.filter((outcome) => outcome !== 'failed'))

  it.each(Object.entries(hostilities))('%s', { timeout: 60_000 }, async (kind, hostility) => {
    const { end, wrong } = await meet(await load(), hostility(chanceOf(`${id} ${kind}`)))
    expect(end, end.reason).toMatchObject({ outcome: expected })
    expect(wrong).toEqual([])
  })

  const fixtures = fixturesOf(id)
  it.runIf(fixtures.length > 0)(`its own answers, damaged ${rounds} times`, { timeout: 120_000 }, async () => {
    const module = await load()
    const chance = chanceOf(`${id} damaged`)
    for (let round = 0; round < rounds; round++) {
      const damaged = Array.from({ length: 4 }, () => {
        const { name, text } = chance.one(fixtures)
        if (!name.endsWith('.json')) return { name, text: garbled(text, chance) }
        const document: unknown = JSON.parse(text)
        const json = JSON.stringify(mutated(document, chance, chance.one([5, 20, 60])))
        return { name, text: chance.below(4) === 0 ? garbled(json, chance) : json }
      })
      const { end, wrong } = await meet(module, {
        http: (_, nth) => {
          const { name, text } = damaged[nth % 4]!
          const type = name.endsWith('.json') ? types.json : name.endsWith('.html') ? types.html : types.plain
          return { headers: type, body: bytes(text) }
        },
        whois: (_, nth) => damaged[nth % 4]!.text,
      })
      expect(end, `round ${round}: ${end.reason}`).toMatchObject({ outcome: expected })
      expect(wrong, `round ${round}`).toEqual([])
    }
  })
})
