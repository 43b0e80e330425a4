import { notFound } from '@mirage/kit/errors.ts'
import { itemsOf, pagesOf } from '@mirage/kit/pages.ts'
import type { PageOf } from '@mirage/kit/schema.ts'
import { entityId, type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { isContentId } from '@mirage/model/id.ts'
import { normalise } from '@mirage/model/registry.ts'
import type { Search, SearchQuery } from '@mirage/ports/search.ts'
import type { StoredEntity, StoredObservation, StoredRelationship } from './contract.ts'
import { invalidQuery, parseQuery } from './query.ts'
import { sorted } from './sorted.ts'
import type { EntityDocument, ObservationDocument, Store } from './store.ts'
import { plain, viewEntity, viewObservation, viewRelationship } from './view.ts'

const pageSize = 1000

/** Entities that the query selects, within a run where one is named. */
export async function searchEntities(
  store: Store,
  search: Search,
  workspace: string,
  input: { run?: string; query?: string; after?: string; limit?: number },
  now: number,
): Promise<PageOf<StoredEntity>> {
  const page = await search.search(workspace, toSearch(input, now))
  return {
    items: await viewAll(store, workspace, page.ids),
    ...(page.next === undefined ? {} : { next: page.next }),
    total: page.total,
    totalIsLowerBound: page.totalIsLowerBound,
  }
}

/** The ids that a query selects. */
export async function* selectIds(
  search: Search,
  workspace: string,
  input: { run?: string; query?: string },
  now: number,
): AsyncIterable<string> {
  for await (const { ids } of pagesOf((place) =>
    search.search(workspace, toSearch({ ...input, ...place, limit: pageSize }, now)),
  ))
    yield* ids
}

function toSearch(
  { run, query, after, limit }: { run?: string; query?: string; after?: string; limit?: number },
  now: number,
): SearchQuery {
  const selection = parseQuery(query ?? '', now)
  if (run !== undefined && selection.facets?.run)
    throw invalidQuery('“run:” is one run too many here: the entities of one run are asked for.')
  return {
    ...selection,
    facets: { ...selection.facets, ...(run === undefined ? {} : { run: [run] }) },
    ...(after === undefined ? {} : { after }),
    limit: limit ?? 100,
  }
}

export async function viewAll(store: Store, workspace: string, ids: string[]): Promise<StoredEntity[]> {
  const documents = await store.entities.getMany(workspace, ids)
  const marks = await store.marks.getMany(workspace, ids)
  const judge = await store.voices.judge(workspace)
  return documents.flatMap((document, i) =>
    document ? [viewEntity(document, judge.held(document.tags, document.runs), marks[i])] : [],
  )
}

/** An entity by its id or as `type:value`. Throws `entities.not_found`. */
export async function findEntity(store: Store, workspace: string, name: string): Promise<EntityDocument> {
  const id = isContentId(name) ? name : idOfName(name)
  const document = id === undefined ? undefined : await store.entities.get(workspace, id)
  if (!document) throw notFound('entities', name)
  return document
}

function idOfName(name: string): string | undefined {
  const colon = name.indexOf(':')
  const type = name.slice(0, colon)
  if (!(entityTypes as readonly string[]).includes(type)) return undefined
  const raw = name.slice(colon + 1)
  const value = normalise(type as EntityType, raw) ?? raw
  return entityId(type as EntityType, value)
}

/** The distinct ids that one field of a run's observations holds, in the order of their text, in pages. */
function sortedIds(
  store: Store,
  workspace: string,
  run: string,
  field: 'id' | 'entity' | 'relationship',
): AsyncIterable<string[]> {
  return sorted(idsOf(store, workspace, run, field), { pageSize })
}

async function* idsOf(
  store: Store,
  workspace: string,
  run: string,
  field: 'id' | 'entity' | 'relationship',
): AsyncIterable<string> {
  const index = field === 'relationship' ? 'runRelationship' : 'runEntity'
  for await (const observation of observationsOf(store, workspace, { index, equals: { run } })) {
    const id = observation[field]
    if (id !== undefined) yield id
  }
}

export async function* exportEntities(store: Store, workspace: string, run: string): AsyncIterable<StoredEntity> {
  for await (const ids of sortedIds(store, workspace, run, 'entity')) yield* await viewAll(store, workspace, ids)
}

export async function* exportRelationships(
  store: Store,
  workspace: string,
  run: string,
): AsyncIterable<StoredRelationship> {
  for await (const ids of sortedIds(store, workspace, run, 'relationship'))
    for (const document of await store.relationships.getMany(workspace, ids))
      if (document) yield viewRelationship(document)
}

export async function* exportObservations(
  store: Store,
  workspace: string,
  run: string,
  entity?: string,
): AsyncIterable<StoredObservation> {
  if (entity !== undefined) {
    const own = await Array.fromAsync(observationsOf(store, workspace, { index: 'runEntity', equals: { run, entity } }))
    yield* own.sort((a, b) => (a.id < b.id ? -1 : 1)).map(viewObservation)
    return
  }
  for await (const ids of sortedIds(store, workspace, run, 'id'))
    for (const document of await store.observations.getMany(workspace, ids))
      if (document) yield viewObservation(document)
}

function observationsOf(
  store: Store,
  workspace: string,
  scan: { index: string; equals: Partial<ObservationDocument> },
): AsyncIterable<ObservationDocument> {
  return itemsOf((place) => store.observations.scan(workspace, { ...scan, ...place, limit: pageSize }))
}

interface Sightings {
  entity: string
  type: string
  value: string
  looks: { module: string; source?: string; attributes: Record<string, unknown> }[]
}

/** What each entity of a run looked like, in the order of entity ids. */
export async function* exportSightings(store: Store, workspace: string, run: string): AsyncIterable<Sightings> {
  for await (const ids of sortedIds(store, workspace, run, 'entity'))
    for (const entity of ids) {
      const scan = { index: 'runEntity', equals: { run, entity } }
      const looks = await Array.fromAsync(observationsOf(store, workspace, scan))
      yield await toSightings(store, workspace, looks)
    }
}

async function toSightings(store: Store, workspace: string, observations: ObservationDocument[]): Promise<Sightings> {
  const entity = observations[0]!.entity
  const document = await store.entities.get(workspace, entity)
  return {
    entity,
    type: document?.type ?? 'text',
    value: document?.value ?? entity,
    looks: observations.map(({ module, source, attributes }) => ({
      module,
      ...(source === undefined ? {} : { source }),
      attributes: plain(attributes),
    })),
  }
}
