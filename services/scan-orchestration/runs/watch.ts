import { toInstant } from '@mirage/kit/clock.ts'
import type { EventRow } from '@mirage/kit/contract.ts'
import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import type { Reached, RunEvent } from '../contract.ts'
import { type Orchestrator, rowOf } from '../orchestrator.ts'
import { seedsOf } from '../frontier/seeds.ts'
import { stored } from '../rows.ts'
import type { ReachedRow, RunRow } from '../tables.ts'
import { isShared } from '../frontier/tenants.ts'
import { viewLanes, viewRun } from './view.ts'
import type { RunDefinition } from '../contract.ts'

const pageSize = 500
const progressMs = 500
const shownEntities = 20

/** Where a watcher is: the last arrival and the last closed task it was told of. */
interface Place {
  seq: number
  closed: number
}

/**
 * Everything that happened and happens in a run: arrivals, closed tasks, and twice a second how far it is; at last that
 * it ended. An event's id says where to go on after an interruption.
 */
export async function* watchRun(
  orchestrator: Orchestrator,
  row: RunRow,
  options: { entities: boolean; after: string | undefined; signal: AbortSignal },
): AsyncIterable<EventRow<RunEvent>> {
  const place = placeOf(options.after)
  const { signal } = options
  const seeds = seedNames(row)
  let progressAt = 0
  while (!signal.aborted) {
    const active = orchestrator.active.get(row.run)
    const beats = active?.pulse.beats ?? 0
    let told = 0
    for (const event of [
      ...(options.entities ? await arrivals(orchestrator, row, seeds, place) : []),
      ...(await closings(orchestrator, row, place)),
    ]) {
      told++
      yield event
    }
    if (told > 0 && !active) continue
    if (!active) {
      const run = await viewRun(orchestrator, await rowOf(orchestrator, row.workspace, row.run))
      yield { id: idOf(place), data: { kind: 'ended', run } }
      return
    }
    const now = orchestrator.clock.now()
    if (now - progressAt >= progressMs) {
      progressAt = now
      yield {
        id: idOf(place),
        data: { kind: 'progress', run: await viewRun(orchestrator, row), lanes: await viewLanes(orchestrator, row) },
      }
    }
    if (told === 0) await active.pulse.wait(beats, progressMs, signal)
  }
}

function placeOf(id: string | undefined): Place {
  const [seq = 0, closed = 0] = (id ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0)
  return { seq, closed }
}

function idOf({ seq, closed }: Place): string {
  return `${seq}.${closed}`
}

async function arrivals(
  { store }: Orchestrator,
  row: RunRow,
  seeds: string[],
  place: Place,
): Promise<EventRow<RunEvent>[]> {
  const rows = await store.db
    .selectFrom('reached')
    .selectAll()
    .where('run', '=', row.id)
    .where('seq', '>', place.seq)
    .orderBy('seq')
    .limit(pageSize)
    .execute()
  return rows.map((reached) => {
    place.seq = reached.seq
    const at = toInstant(reached.seen_at)
    const tags = reached.tags === null ? [] : (stored(reached.tags) as string[])
    const data: RunEvent = {
      kind: 'entity',
      ...viewReached(reached, seeds),
      tags,
      firstSeenAt: at,
      lastSeenAt: at,
      modules: [reached.module],
    }
    return { id: idOf(place), data }
  })
}

async function closings({ store }: Orchestrator, row: RunRow, place: Place): Promise<EventRow<RunEvent>[]> {
  const rows = await store.db
    .selectFrom('task')
    .select(['number', 'module', 'entities', 'finished', 'closed'])
    .where('run', '=', row.id)
    .where('closed', '>', place.closed)
    .orderBy('closed')
    .limit(pageSize)
    .execute()
  const events: EventRow<RunEvent>[] = []
  for (const { number, module, entities, finished, closed } of rows) {
    place.closed = closed!
    if (number === 0 || finished === null) continue
    const { outcome, reason, observations, ms } = stored(finished) as CollectionFinished
    const ids = stored(entities) as string[]
    const data: RunEvent = {
      kind: 'task',
      task: number,
      module,
      entities: ids.slice(0, shownEntities),
      entityCount: ids.length,
      outcome,
      ...(reason === undefined ? {} : { reason }),
      observations,
      seconds: ms / 1000,
    }
    events.push({ id: idOf(place), data })
  }
  return events
}

export function viewReached(
  row: Pick<ReachedRow, 'entity' | 'type' | 'value' | 'seed' | 'distance' | 'allowed' | 'tenants'>,
  seeds: string[],
): Reached {
  return {
    id: row.entity,
    type: row.type as Reached['type'],
    value: row.value,
    seed: seeds[row.seed] ?? seeds[0] ?? '',
    distance: row.distance + Number(isShared(row.tenants)),
    scope: row.allowed > 0 ? 'in' : 'affiliate',
  }
}

/** `type:value` of each seed, in their order. */
export function seedNames(row: RunRow): string[] {
  return seedsOf(stored(row.definition) as RunDefinition).map(({ type, value }) => `${type}:${value}`)
}
