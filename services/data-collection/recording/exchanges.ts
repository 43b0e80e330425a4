import { toInstant } from '@mirage/kit/clock.ts'
import type { Bytes } from '@mirage/kit/contract.ts'
import { notFound } from '@mirage/kit/errors.ts'
import type { PageOf } from '@mirage/kit/schema.ts'
import type { Blobs } from '@mirage/ports/blobs.ts'
import type { Exchange } from '../contract.ts'
import type { ExchangeDocument, FrameDocument, Store } from '../store.ts'
import { decodeFrame } from '@mirage/network/record/frame.ts'

export async function listExchanges(
  store: Store,
  workspace: string,
  { run, module, after, limit = 100 }: { run: string; module?: string; after?: string; limit?: number },
): Promise<PageOf<Exchange>> {
  const selection =
    module === undefined ? { index: 'run', equals: { run } } : { index: 'runModule', equals: { run, module } }
  const page = await store.exchanges.scan(workspace, { ...selection, limit, ...(after === undefined ? {} : { after }) })
  const total = await store.exchanges.count(workspace, selection)
  return {
    items: page.items.map(viewExchange),
    ...(page.next === undefined ? {} : { next: page.next }),
    total,
    totalIsLowerBound: false,
  }
}

/** One exchange, or a frame of many questions. Throws `exchanges.not_found`. */
export async function getExchange(store: Store, workspace: string, id: string): Promise<Exchange> {
  const exchange = await store.exchanges.get(workspace, id)
  if (exchange) return viewExchange(exchange)
  const frame = await store.frames.get(workspace, id)
  if (frame) return viewFrame(frame)
  throw notFound('exchanges', id)
}

/** The body as it was received; of a frame, its questions and answers as lines of JSON. */
export async function getBody(store: Store, blobs: Blobs, workspace: string, id: string): Promise<Bytes> {
  const exchange = await store.exchanges.get(workspace, id)
  if (exchange) {
    const body = exchange.body === undefined ? new Uint8Array() : await blobs.get(workspace, exchange.body)
    if (!body) throw notFound('exchanges', id)
    return { type: 'application/octet-stream', name: id, body }
  }
  const frame = await store.frames.get(workspace, id)
  if (!frame) throw notFound('exchanges', id)
  const { run, module, task, kind, at, count } = frame
  const key = { workspace, run, module, task: String(task) }
  const pairs = decodeFrame({ id, key, kind, at, count, body: Buffer.from(frame.body, 'base64') })
  return {
    type: 'application/octet-stream',
    name: `${id}.ndjson`,
    body: pairs.map((pair) => JSON.stringify(pair) + '\n').join(''),
  }
}

function viewExchange(document: ExchangeDocument): Exchange {
  const { id, run, task, module, at, kind, asked, answer, peer, elapsedMs, bytes, body } = document
  const { method, url } = asked as { method?: string; url?: string }
  const { status } = answer as { status?: number }
  return {
    id,
    run,
    task,
    module,
    at: toInstant(at),
    protocol: kind,
    request: url === undefined ? JSON.stringify(asked) : `${method ?? 'GET'} ${url}`,
    peer,
    outcome: status === undefined ? 'answered' : String(status),
    ...(status === undefined ? {} : { status }),
    elapsedMs: Math.max(0, elapsedMs),
    bytes,
    ...(body === undefined ? {} : { body }),
  }
}

function viewFrame({ id, run, task, module, at, kind, count, body }: FrameDocument): Exchange {
  return {
    id,
    run,
    task,
    module,
    at: toInstant(at),
    protocol: kind,
    request: `${count} ${kind === 'dns' ? 'questions' : 'ports'} with their answers`,
    peer: kind === 'dns' ? 'resolvers' : '',
    outcome: 'answered',
    elapsedMs: 0,
    bytes: body.length,
  }
}

/** Forgets what a run sent and received; bodies that nothing else uses are swept later. */
export async function deleteExchanges(store: Store, workspace: string, run: string): Promise<void> {
  for (const collection of [store.exchanges, store.frames] as unknown as Store['exchanges'][])
    // both have an index `run`
    for (;;) {
      const { items } = await collection.scan(workspace, { index: 'run', equals: { run }, limit: 1000 })
      if (items.length === 0) break
      await collection.delete(
        workspace,
        items.map(({ id }) => id),
      )
    }
}
