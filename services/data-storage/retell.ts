import type { Incoming } from '@mirage/kit/service.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { EntityRef } from '@mirage/model/entity.ts'
import { contentId } from '@mirage/model/id.ts'
import type { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import type { Collection, CollectionSpec, Documents } from '@mirage/ports/documents.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import type { Retold } from './contract.ts'
import type { EntityDocument, ObservationDocument, Store } from './store.ts'

/** Telling again what all batches said, for readers that have lost some of them or join late. */

/** What a module stated. Owned as findings by who correlates; kept here so that they can be told again. */
export interface StatementDocument {
  id: string
  run: string
  module: string
  finding: ModuleFinding
  firstSeenAt: number
  lastSeenAt: number
}

const statements: CollectionSpec<StatementDocument> = {
  name: 'statements',
  indexes: { run: ['run'] },
  merge: { firstSeenAt: 'min', lastSeenAt: 'max' },
}

export type Statements = Collection<StatementDocument>

export function openStatements(documents: Documents): Promise<Statements> {
  return documents.collection(statements)
}

export async function keepStatements(all: Statements, events: Incoming<ObservationBatch>[]): Promise<void> {
  for (const [workspace, its] of Map.groupBy(events, (event) => event.workspace)) {
    const stated = its.flatMap(({ payload: { run, module, findings }, publishedAt }) =>
      findings.map((finding) => ({
        id: contentId(`${run}\n${module}\n${JSON.stringify(finding)}`),
        run,
        module,
        finding,
        firstSeenAt: publishedAt,
        lastSeenAt: publishedAt,
      })),
    )
    if (stated.length > 0) await all.merge(workspace, stated)
  }
}

export async function forgetStatements(all: Statements, workspace: string, run: string): Promise<void> {
  for (;;) {
    const { items } = await all.scan(workspace, { index: 'run', equals: { run }, limit: 1000 })
    if (items.length === 0) return
    await all.delete(
      workspace,
      items.map(({ id }) => id),
    )
  }
}

/** Which part a page is of, how many documents of it were there when it began, and where the page before ended. */
type Place = ['observations' | 'statements', number, string?]

/**
 * A page of what was there when the first page was asked for, in an order that stays: first what was seen, then what
 * was stated. What is written meanwhile may be on it or not, so a reader of a busy store comes to an end.
 */
export async function retell(
  store: Store,
  all: Statements,
  workspace: string,
  { after, limit = 1000 }: { after?: string; limit?: number },
): Promise<{ items: Retold[]; next?: string }> {
  const [part, left, place] =
    after === undefined
      ? (['observations', await store.observations.count(workspace, {})] satisfies Place)
      : readPlace(after)
  const scan = { limit: Math.min(limit, left), ...(place === undefined ? {} : { after: place }) }
  if (left === 0) return nextPart(all, workspace, part, [])
  const page =
    part === 'observations' ? await store.observations.scan(workspace, scan) : await all.scan(workspace, scan)
  const items =
    part === 'observations'
      ? await sightings(store, workspace, page.items as ObservationDocument[])
      : (page.items as StatementDocument[]).flatMap(statedAgain)
  if (page.next === undefined || page.items.length >= left) return nextPart(all, workspace, part, items)
  return { items, next: writePlace([part, left - page.items.length, page.next]) }
}

async function nextPart(
  all: Statements,
  workspace: string,
  part: Place[0],
  items: Retold[],
): Promise<{ items: Retold[]; next?: string }> {
  if (part === 'statements') return { items }
  return { items, next: writePlace(['statements', await all.count(workspace, {})]) }
}

async function sightings(store: Store, workspace: string, documents: ObservationDocument[]): Promise<Retold[]> {
  const ids = [
    ...new Set(documents.flatMap(({ entity, source }) => (source === undefined ? entity : [entity, source]))),
  ]
  const found = await store.entities.getMany(workspace, ids)
  const entities = new Map(found.flatMap((entity) => (entity ? [[entity.id, refOf(entity)]] : [])))
  const batches = Map.groupBy(documents, ({ run, module, moduleVersion }) => `${run}\n${module}\n${moduleVersion}`)
  return [...batches.values()].map((its) => {
    const { run, module, moduleVersion } = its[0]!
    const observations = its.flatMap((document) => sightingsOf(document, entities))
    return { run, module, moduleVersion, publishedAt: 0, observations, findings: [] }
  })
}

function refOf({ id, type, value }: EntityDocument): EntityRef {
  return { id, type, value }
}

/** One record for every time at which something of it was said last: joined again they make the document. */
function sightingsOf(document: ObservationDocument, entities: Map<string, EntityRef>): Observation[] {
  const { id, key, raw, exchange, kind, qualifier, direction, relationship, attributes } = document
  const entity = entities.get(document.entity)
  const source = document.source === undefined ? undefined : entities.get(document.source)
  // Deleted while this was read.
  if (!entity || (document.source !== undefined && !source)) return []
  const edge =
    kind !== undefined && qualifier !== undefined && direction !== undefined && relationship !== undefined
      ? { id: relationship, kind, qualifier, direction }
      : undefined
  const stamped = [...Object.values(attributes), ...Object.values(document.tags)]
  const times = [document.firstSeenAt, document.lastSeenAt, ...stamped.map(({ at }) => at)]
  return [...new Set(times)].map((at) => {
    const said = Object.entries(attributes).filter(([, stamped]) => stamped.at === at)
    const tags = Object.keys(document.tags).filter((tag) => document.tags[tag]!.at === at)
    return {
      id,
      entity,
      key,
      at,
      ...(source ? { source } : {}),
      ...(edge ? { edge } : {}),
      ...(raw === undefined ? {} : { raw }),
      ...(tags.length > 0 ? { tags: tags.slice(0, 64) } : {}),
      ...(said.length > 0 ? { attributes: Object.fromEntries(said.map(([name, { value }]) => [name, value])) } : {}),
      ...(exchange !== undefined && at === document.lastSeenAt ? { exchange } : {}),
    }
  })
}

function statedAgain({ run, module, finding, firstSeenAt, lastSeenAt }: StatementDocument): Retold[] {
  return [...new Set([firstSeenAt, lastSeenAt])].map((publishedAt) => ({
    run,
    module,
    moduleVersion: 0,
    publishedAt,
    observations: [],
    findings: [finding],
  }))
}

function writePlace(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function readPlace(text: string): Place {
  try {
    const [part, left, place] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if ((part === 'observations' || part === 'statements') && typeof left === 'number' && left >= 0)
      return typeof place === 'string' ? [part, left, place] : [part, left]
  } catch {
    // Answered below like any other text that is none of ours.
  }
  throw new MirageError({
    code: 'request.cursor_invalid',
    status: 400,
    detail: 'That is not the `next` of a page of this list. Begin again without `after`.',
  })
}
