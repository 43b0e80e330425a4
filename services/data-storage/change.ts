import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import type { Collection } from '@mirage/ports/documents.ts'
import { type GivenTags, givenTags } from '@mirage/model/voices.ts'
import { mergeInto, type MergeRules } from '@mirage/ports/merge.ts'
import type { Search } from '@mirage/ports/search.ts'
import { index } from './apply.ts'
import { entitiesChanged } from './contract.ts'
import { selectIds } from './read.ts'
import type { EntityDocument, MarkDocument, Store } from './store.ts'
import { sorted } from './sorted.ts'

const tagRules: MergeRules<{ tags: GivenTags }> = { tags: 'stamped' }

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
  let count = 0
  // All are selected before the first mark is set, which sorting sees to: marks change what the query selects.
  for await (const piece of sorted(selectIds(search, workspace, marking, now), { pageSize: 500 })) {
    count += piece.length
    const known = await store.marks.getMany(workspace, piece)
    const marks = piece.map((id, i) =>
      marked(known[i] ?? { id, tags: [], falsePositive: false, notes: [] }, marking, now),
    )
    await store.marks.put(workspace, marks)
    await index(store, search, workspace, piece)
    const entities = marks.map(({ id, tags, falsePositive }) => ({ id, tags, falsePositive }))
    await announce([announcement(entitiesChanged, workspace, JSON.stringify([now, entities]), { entities })])
  }
  return count
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
  await store.voices.forget(workspace, run)
  for (;;) {
    const { items } = await store.observations.scan(workspace, { index: 'runEntity', equals: { run }, limit: 1000 })
    if (items.length === 0) return
    const entities = [...new Set(items.map(({ entity }) => entity))]
    const relationships = [...new Set(items.flatMap(({ relationship }) => relationship ?? []))]
    const forgotten = await leave(store.entities, workspace, entities, run, async (entity) => ({
      ...entity,
      tags: await tagsWithout(store, workspace, entity, run),
    }))
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
async function leave<T extends { id: string; runs: string[] }>(
  collection: Collection<T>,
  workspace: string,
  ids: string[],
  run: string,
  change: (document: T) => Promise<T> = async (document) => document,
): Promise<string[]> {
  const documents = (await collection.getMany(workspace, ids)).filter((document) => document !== undefined)
  const left = documents.map((document) => ({ ...document, runs: document.runs.filter((one) => one !== run) }))
  const staying = left.filter(({ runs }) => runs.length > 0)
  await collection.put(workspace, await Promise.all(staying.map(change)))
  const removed = left.filter(({ runs }) => runs.length === 0).map(({ id }) => id)
  await collection.delete(workspace, removed)
  return removed
}

/** What other runs gave an entity, where this one gave it last. */
async function tagsWithout(store: Store, workspace: string, entity: EntityDocument, run: string): Promise<GivenTags> {
  const kept = Object.entries(entity.tags).filter(([, { value }]) => value !== run)
  let tags = { tags: Object.fromEntries(kept) }
  if (kept.length === Object.keys(entity.tags).length) return tags.tags
  for (const other of entity.runs) {
    const scan = { index: 'runEntity', equals: { run: other, entity: entity.id }, limit: 1000 }
    for (const observation of (await store.observations.scan(workspace, scan)).items)
      for (const [tag, { at }] of Object.entries(observation.tags))
        tags = mergeInto(tagRules, tags, { tags: givenTags([tag], observation, at) })
  }
  return tags.tags
}
