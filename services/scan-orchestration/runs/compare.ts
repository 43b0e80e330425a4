import type { Client } from '@mirage/kit/contract.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { display } from '@mirage/model/registry.ts'
import type { EntityType } from '@mirage/model/entity.ts'
import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import type { storage } from '@mirage/services/data-storage/contract.ts'
import type { Difference } from '../contract.ts'
import { type Orchestrator, rowOf } from '../orchestrator.ts'
import type { PlannedRun } from '../planning/plan.ts'
import { stored } from '../rows.ts'
import type { RunRow } from '../tables.ts'

type Sighting =
  Awaited<ReturnType<Client<typeof storage>['exportSightings']>> extends AsyncIterable<infer Row> ? Row : never

/** What is missing is judged this much at once: each time, all tasks of the run are read. */
const judgedAtOnce = 20_000

/** The run to compare with: the one named, else the one of the same scan before this one. */
export async function runBefore(orchestrator: Orchestrator, row: RunRow, before: string | undefined): Promise<RunRow> {
  if (before !== undefined) return rowOf(orchestrator, row.workspace, before)
  const found = await orchestrator.store.db
    .selectFrom('run')
    .selectAll()
    .where('workspace', '=', row.workspace)
    .where('scan', '=', row.scan)
    .where('id', '<', row.id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (found) return found
  throw new MirageError({
    code: 'runs.nothing_before',
    status: 409,
    detail: `${row.run} is the first run of its scan: name the run to compare it with.`,
  })
}

/**
 * What is new, gone, changed and unconfirmed in `now` against `before`, by one walk over both in the order of entity
 * ids. An entity is gone only when every module that saw it looked again at the same source and ended well; otherwise
 * it is unconfirmed, with the reason. Attributes that a module declares volatile are left out.
 */
export async function* compareRuns(orchestrator: Orchestrator, before: RunRow, now: RunRow): AsyncIterable<Difference> {
  const { storage } = orchestrator
  const { workspace } = now
  const volatile = volatileOf(now)
  const missing: Sighting[] = []
  const total = { new: 0, gone: 0, changed: 0, unconfirmed: 0 }
  const old = (await storage.exportSightings({ run: before.run }, { workspace }))[Symbol.asyncIterator]()
  const young = (await storage.exportSightings({ run: now.run }, { workspace }))[Symbol.asyncIterator]()
  let left = await old.next()
  let right = await young.next()
  while (!left.done || !right.done) {
    if (left.done || (!right.done && right.value.entity < left.value.entity)) {
      total.new++
      yield { kind: 'new', ...named(right.value as Sighting) }
      right = await young.next()
    } else if (right.done || left.value.entity < right.value.entity) {
      missing.push(left.value)
      if (missing.length === judgedAtOnce) yield* judge(orchestrator, { before, now }, missing.splice(0), total)
      left = await old.next()
    } else {
      const attributes = changes(left.value, right.value, volatile)
      if (attributes.length > 0) {
        total.changed++
        yield { kind: 'changed', ...named(right.value), attributes }
      }
      left = await old.next()
      right = await young.next()
    }
  }
  yield* judge(orchestrator, { before, now }, missing, total)
  yield { kind: 'summary', ...total }
}

/** Whether each of these, which `now` has not, is gone. */
async function* judge(
  orchestrator: Orchestrator,
  { before, now }: { before: RunRow; now: RunRow },
  missing: Sighting[],
  total: { gone: number; unconfirmed: number },
): AsyncIterable<Difference> {
  if (missing.length === 0) return
  const former = await readLooks(orchestrator, before, missing)
  const looks = await readLooks(orchestrator, now, missing)
  for (const sighting of missing) {
    const reason = whyUnconfirmed(sighting, former, looks)
    total[reason === undefined ? 'gone' : 'unconfirmed']++
    yield reason === undefined
      ? { kind: 'gone', ...named(sighting) }
      : { kind: 'unconfirmed', ...named(sighting), reason }
  }
}

function named({ entity, type, value }: Sighting): { id: string; type: string; value: string } {
  return { id: entity, type, value: display(type as EntityType, value) }
}

function volatileOf(row: RunRow): Map<string, Set<string>> {
  const { lanes } = stored(row.plan) as PlannedRun
  return new Map(lanes.map(({ module, volatile }) => [module, new Set(volatile)]))
}

/** A look of a module at a source: how it ended, and by which settings of people it was made. */
interface Look {
  outcome: string
  settings: string | undefined
  /** To all that it asked. */
  isAnswered: boolean
}

/** Of the looks that had seen these, those that were made in a run: `module/source` → how. */
async function readLooks({ store }: Orchestrator, row: RunRow, sightings: Sighting[]): Promise<Map<string, Look>> {
  const wanted = new Set(sightings.flatMap(({ looks }) => looks.map(({ module, source }) => `${module}/${source}`)))
  const made = new Map<string, Look>()
  for (let after = 0; ;) {
    const rows = await store.db
      .selectFrom('task')
      .select(['number', 'module', 'entities', 'outcome', 'finished'])
      .where('run', '=', row.id)
      .where('number', '>', after)
      .orderBy('number')
      .limit(1000)
      .execute()
    for (const { module, entities, outcome, finished } of rows) {
      const end = finished === null ? undefined : (stored(finished) as CollectionFinished)
      for (const id of stored(entities) as string[]) {
        const look = `${module}/${id}`
        if (!wanted.has(look)) continue
        const { unanswered = [] } = end ?? {}
        made.set(look, {
          outcome: outcome ?? 'cancelled',
          settings: end?.settings,
          isAnswered: unanswered !== 'all' && !unanswered.includes(id),
        })
      }
    }
    if (rows.length === 0) return made
    after = rows.at(-1)!.number
  }
}

function whyUnconfirmed(
  { looks }: Sighting,
  former: ReadonlyMap<string, Look>,
  now: ReadonlyMap<string, Look>,
): string | undefined {
  for (const { module, source } of looks) {
    if (source === undefined) return 'it was given as a seed before'
    const look = now.get(`${module}/${source}`)
    if (look === undefined) return `${module} did not look at the same source again`
    const { outcome, settings, isAnswered } = look
    if (outcome !== 'found' && outcome !== 'empty') return `${module} looked again, but ended ${outcome}`
    if (!isAnswered) return `${module} looked again, but not all that it asked was answered`
    // Fewer ports, or fewer names to guess, make nothing go away.
    if (settings !== former.get(`${module}/${source}`)?.settings)
      return `${module} looked again, but has other settings now`
  }
  return undefined
}

function changes(
  before: Sighting,
  after: Sighting,
  volatile: Map<string, Set<string>>,
): { name: string; before?: unknown; after?: unknown }[] {
  const old = attributesOf(before, volatile)
  const young = attributesOf(after, volatile)
  const changed: { name: string; before?: unknown; after?: unknown }[] = []
  for (const name of [...new Set([...old.keys(), ...young.keys()])].sort()) {
    const was = old.get(name)
    const is = young.get(name)
    if (was === undefined || is === undefined || was === is) continue
    changed.push({ name, before: JSON.parse(was), after: JSON.parse(is) })
  }
  return changed
}

/** `module.attribute` → its value as JSON; where looks differ, all of their values in order. */
function attributesOf({ looks }: Sighting, volatile: Map<string, Set<string>>): Map<string, string> {
  const values = new Map<string, Set<string>>()
  for (const { module, attributes } of looks)
    for (const [name, value] of Object.entries(attributes)) {
      if (volatile.get(module)?.has(name)) continue
      const key = `${module}.${name}`
      const known = values.get(key) ?? new Set()
      values.set(key, known.add(JSON.stringify(value)))
    }
  return new Map(
    [...values].map(([name, texts]) => [name, texts.size === 1 ? [...texts][0]! : `[${[...texts].sort().join(',')}]`]),
  )
}
