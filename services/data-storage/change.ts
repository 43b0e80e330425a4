import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import type { Search } from '@mirage/ports/search.ts'
import { index } from './apply.ts'
import { entitiesChanged } from './contract.ts'
import { selectIds } from './read.ts'
import type { MarkDocument, Store } from './store.ts'

export interface Marking {
  run?: string
  query: string
  addTags?: string[]
  removeTags?: string[]
  falsePositive?: boolean
  note?: string
}

/** Marks everything the query selects; answers how many. */
export async function markEntities(
  store: Store,
  search: Search,
  announce: (events: OutgoingEvent[]) => Promise<void>,
  workspace: string,
  marking: Marking,
  now: number,
): Promise<number> {
  const ids: string[] = []
  // Selected before the first mark is set: marks change what the query selects.
  for await (const page of selectIds(search, workspace, marking, now)) ids.push(...page)
  for (let from = 0; from < ids.length; from += 500) {
    const piece = ids.slice(from, from + 500)
    const known = await store.marks.getMany(workspace, piece)
    const marks = piece.map((id, i) =>
      marked(known[i] ?? { id, tags: [], falsePositive: false, notes: [] }, marking, now),
    )
    await store.marks.put(workspace, marks)
    await index(store, search, workspace, piece)
    const entities = marks.map(({ id, tags, falsePositive }) => ({ id, tags, falsePositive }))
    await announce([announcement(entitiesChanged, workspace, JSON.stringify([now, entities]), { entities })])
  }
  return ids.length
}

function marked(
  mark: MarkDocument,
  { addTags = [], removeTags = [], falsePositive, note }: Marking,
  now: number,
): MarkDocument {
  const tags = new Set([...mark.tags, ...addTags])
  for (const tag of removeTags) tags.delete(tag)
  return {
    id: mark.id,
    tags: [...tags].sort(),
    falsePositive: falsePositive ?? mark.falsePositive,
    notes: note === undefined ? mark.notes : [...mark.notes, { at: now, text: note }],
  }
}

/** Forgets a run: its observations, and the entities and relationships that no other run saw. Marks stay. */
export async function deleteRun(store: Store, search: Search, workspace: string, run: string): Promise<void> {
  for (;;) {
    const { items } = await store.observations.scan(workspace, { index: 'runEntity', equals: { run }, limit: 1000 })
    if (items.length === 0) return
    const entities = [...new Set(items.map(({ entity }) => entity))]
    const relationships = [...new Set(items.flatMap(({ relationship }) => relationship ?? []))]
    const forgotten = await leave(store.entities, workspace, entities, run)
    await leave(store.relationships, workspace, relationships, run)
    await search.remove(workspace, forgotten)
    await index(
      store,
      search,
      workspace,
      entities.filter((id) => !forgotten.includes(id)),
    )
    await store.observations.delete(
      workspace,
      items.map(({ id }) => id),
    )
  }
}

/** Takes the run off these documents and removes those that no run is left on; answers the removed. */
async function leave(
  collection: Store['entities'] | Store['relationships'],
  workspace: string,
  ids: string[],
  run: string,
): Promise<string[]> {
  const open = collection as Store['entities'] // both have `id` and `runs`, which is all that is touched here
  const documents = (await open.getMany(workspace, ids)).filter((document) => document !== undefined)
  const left = documents.map((document) => ({ ...document, runs: document.runs.filter((one) => one !== run) }))
  await open.put(
    workspace,
    left.filter(({ runs }) => runs.length > 0),
  )
  const removed = left.filter(({ runs }) => runs.length === 0).map(({ id }) => id)
  await open.delete(workspace, removed)
  return removed
}
