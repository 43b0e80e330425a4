import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import { expect, it } from 'vitest'
import { Orchestration } from '../testing/orchestration.ts'

/** What a comparison says of something that a look saw in one run and the same look did not see in the next. */
async function saidOf(before: Partial<CollectionFinished>, now: Partial<CollectionFinished>): Promise<unknown> {
  await using orchestration = await Orchestration.open()
  const runs: string[] = []
  for (const end of [before, now]) {
    const run = await orchestration.run(1)
    const tasks = await orchestration.lease('a#1')
    await orchestration.finish(tasks, 0, end)
    const source = tasks[0]!.entities[0]!.id
    const looks = [{ module: 'lookup', source, attributes: {} }]
    if (runs.length === 0)
      orchestration.sightings.set(run, [{ entity: 'e1', type: 'domain', value: 'gone.example', looks }])
    runs.push(run)
  }
  const [first] = await orchestration.compare(runs[1]!, runs[0]!)
  return first && 'reason' in first ? first.reason : first?.kind
}

it('calls gone what a look that was made again, and answered, did not see', async () => {
  expect(await saidOf({}, {})).toBe('gone')
  expect(await saidOf({ unanswered: 'all', settings: 'a' }, { settings: 'a' })).toBe('gone')
})

it('confirms nothing by a look that ended otherwise, was made by other settings, or not answered in all', async () => {
  expect(await saidOf({}, { outcome: 'unreachable' })).toBe('lookup looked again, but ended unreachable')
  expect(await saidOf({}, { settings: 'a' })).toBe('lookup looked again, but has other settings now')
  expect(await saidOf({ settings: 'a' }, {})).toBe('lookup looked again, but has other settings now')
  expect(await saidOf({}, { unanswered: 'all' })).toBe('lookup looked again, but not all that it asked was answered')
  expect(await saidOf({}, { unanswered: ['another'] })).toBe('gone')
})
