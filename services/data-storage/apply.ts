import type { Incoming } from '@mirage/kit/service.ts'
import { givenTags } from '@mirage/model/voices.ts'
import type { Observation } from '@mirage/model/observation.ts'
import type { Stamped } from '@mirage/ports/documents.ts'
import type { Search } from '@mirage/ports/search.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { searchRecordOf } from './search-record.ts'
import type { EntityDocument, MarkDocument, ObservationDocument, RelationshipDocument, Store } from './store.ts'

/**
 * Writes what these batches saw: every entity, observation and relationship once, added up in memory before it goes to
 * the store and sorted by id, so that each row is written once and every writer meets rows in the same order. Applying
 * a batch again, in any order or in parts, ends in the same state.
 */
export async function applyBatches(store: Store, search: Search, events: Incoming<ObservationBatch>[]): Promise<void> {
  for (const [workspace, its] of Map.groupBy(events, (event) => event.workspace)) {
    await store.voices.note(workspace, its)
    const touched = gathered(its, addEntity)
    // Observations name the others: what they name is there when they are.
    const outcomes = await store.entities.merge(workspace, touched)
    await store.relationships.merge(workspace, gathered(its, addRelationship))
    await store.observations.merge(workspace, gathered(its, addObservation))
    // A new one is stored as it was given. The others are read again, also those that stayed the same: a death between
    // merge and index leaves them so.
    await indexStored(
      store,
      search,
      workspace,
      touched.filter((_, i) => outcomes[i] === 'inserted'),
    )
    await index(
      store,
      search,
      workspace,
      touched.filter((_, i) => outcomes[i] !== 'inserted').map(({ id }) => id),
    )
  }
}

/** The run has ended whole: the search no longer finds entities by tags that it took away. */
export async function endRun(store: Store, search: Search, workspace: string, run: string): Promise<void> {
  const tags = await store.voices.end(workspace, run)
  let after: string | undefined
  while (tags.length > 0) {
    const facets = { run: [run], tag: tags }
    const page = await search.search(workspace, { facets, limit: 1000, ...(after === undefined ? {} : { after }) })
    await index(store, search, workspace, page.ids)
    if (page.next === undefined) return
    after = page.next
  }
}

/** Brings the search up to date with these entities as they are stored now. */
export async function index(store: Store, search: Search, workspace: string, ids: string[]): Promise<void> {
  const documents = await store.entities.getMany(workspace, ids)
  await indexStored(
    store,
    search,
    workspace,
    documents.filter((document) => document !== undefined),
  )
}

async function indexStored(
  store: Store,
  search: Search,
  workspace: string,
  documents: EntityDocument[],
): Promise<void> {
  const marks = await marksOf(store, workspace, documents)
  const judge = await store.voices.judge(workspace)
  await search.index(
    workspace,
    documents.map((document, i) => searchRecordOf(document, judge.held(document.tags, document.runs), marks[i])),
  )
}

/** People mark few of the entities there are, and often none. */
async function marksOf(
  store: Store,
  workspace: string,
  documents: EntityDocument[],
): Promise<(MarkDocument | undefined)[]> {
  if ((await store.marks.scan(workspace, { limit: 1 })).items.length === 0) return []
  return store.marks.getMany(
    workspace,
    documents.map(({ id }) => id),
  )
}

/** One kind of document at a time, so that few are in memory together. */
function gathered<T extends { id: string }>(
  events: Incoming<ObservationBatch>[],
  add: (documents: Map<string, T>, observation: Observation, batch: ObservationBatch) => void,
): T[] {
  const documents = new Map<string, T>()
  for (const { payload } of events) for (const observation of payload.observations) add(documents, observation, payload)
  return [...documents.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function addEntity(entities: Map<string, EntityDocument>, observation: Observation, batch: ObservationBatch): void {
  const { module, run } = batch
  const { entity, at, tags = [], attributes } = observation
  const known = entities.get(entity.id)
  if (!known) {
    const { id, type, value } = entity
    entities.set(id, {
      id,
      type,
      value,
      firstSeenAt: at,
      lastSeenAt: at,
      tags: givenTags(tags, batch, at),
      modules: [module],
      runs: [run],
      attributes: stamp(attributes, at),
    })
    return
  }
  known.firstSeenAt = Math.min(known.firstSeenAt, at)
  known.lastSeenAt = Math.max(known.lastSeenAt, at)
  joinStamped(known.tags, givenTags(tags, batch, at))
  join(known.modules, [module])
  join(known.runs, [run])
  joinStamped(known.attributes, stamp(attributes, at))
}

function addObservation(
  observations: Map<string, ObservationDocument>,
  observation: Observation,
  batch: ObservationBatch,
): void {
  const { id, entity, source, edge, key, at, raw, tags = [], attributes, exchange } = observation
  const known = observations.get(id)
  if (known) {
    known.firstSeenAt = Math.min(known.firstSeenAt, at)
    known.lastSeenAt = Math.max(known.lastSeenAt, at)
    joinStamped(known.tags, stampTags(tags, at))
    joinStamped(known.attributes, stamp(attributes, at))
    keepLeast(known, 'raw', raw)
    keepLeast(known, 'exchange', exchange)
    return
  }
  const document: ObservationDocument = {
    id,
    run: batch.run,
    module: batch.module,
    moduleVersion: batch.moduleVersion,
    entity: entity.id,
    key,
    firstSeenAt: at,
    lastSeenAt: at,
    tags: stampTags(tags, at),
    attributes: stamp(attributes, at),
  }
  if (source) document.source = source.id
  if (edge) {
    document.kind = edge.kind
    document.qualifier = edge.qualifier
    document.direction = edge.direction
    document.relationship = edge.id
  }
  if (raw !== undefined) document.raw = raw
  if (exchange !== undefined) document.exchange = exchange
  observations.set(id, document)
}

function addRelationship(
  relationships: Map<string, RelationshipDocument>,
  observation: Observation,
  { module, run }: ObservationBatch,
): void {
  const { entity, source, edge, at } = observation
  if (!edge || !source) return
  const known = relationships.get(edge.id)
  if (known) {
    known.firstSeenAt = Math.min(known.firstSeenAt, at)
    known.lastSeenAt = Math.max(known.lastSeenAt, at)
    join(known.modules, [module])
    join(known.runs, [run])
    return
  }
  const [from, to] = edge.direction === 'out' ? [source.id, entity.id] : [entity.id, source.id]
  relationships.set(edge.id, {
    id: edge.id,
    from,
    kind: edge.kind,
    qualifier: edge.qualifier,
    to,
    firstSeenAt: at,
    lastSeenAt: at,
    modules: [module],
    runs: [run],
  })
}

function stampTags(tags: string[], at: number): Record<string, Stamped<true>> {
  return Object.fromEntries(tags.map((tag) => [tag, { value: true, at }]))
}

function stamp(attributes: Record<string, unknown> | undefined, at: number): Record<string, Stamped> {
  const stamped: Record<string, Stamped> = {}
  for (const name in attributes) stamped[name] = { value: attributes[name], at }
  return stamped
}

function keepLeast<Name extends string>(all: { [N in Name]?: string }, name: Name, value: string | undefined): void {
  const known = all[name]
  if (value !== undefined && (known === undefined || value < known)) all[name] = value
}

function join(all: string[], more: string[]): void {
  for (const one of more) if (!all.includes(one)) all.push(one)
}

/** The rule of the documents port: the later wins, at equal times the greater JSON text. */
function joinStamped<T>(all: Record<string, Stamped<T>>, more: Record<string, Stamped<T>>): void {
  for (const name in more) {
    const old = all[name]
    const young = more[name]!
    if (!old || young.at > old.at || (young.at === old.at && JSON.stringify(young.value) > JSON.stringify(old.value)))
      all[name] = young
  }
}
