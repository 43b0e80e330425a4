import { itemsOf } from '@mirage/kit/pages.ts'
import type { Exchange, ExchangeKey, Frame, Recorder, TaskKey } from '@mirage/network/record/exchange.ts'
import { exchangeId } from '@mirage/network/record/exchange.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Contact } from '@mirage/model/contact.ts'
import { contentId } from '@mirage/model/id.ts'
import type { Blobs } from '@mirage/ports/blobs.ts'
import { gather } from '../gather.ts'
import type { ExchangeDocument, FrameDocument, Store } from '../store.ts'

/** Keeps exchanges and frames in this service's stores, durable before it resolves. */
export function openRecorder(store: Store, blobs: Blobs): Recorder {
  const records = gather<{ workspace: string; document: ExchangeDocument }>(async (items) => {
    for (const [workspace, group] of Map.groupBy(items, (item) => item.workspace))
      await store.exchanges.insertIfAbsent(
        workspace,
        group.map(({ document }) => document),
      )
  })
  const frames = gather<{ workspace: string; document: FrameDocument }>(async (items) => {
    for (const [workspace, group] of Map.groupBy(items, (item) => item.workspace))
      await store.frames.insertIfAbsent(
        workspace,
        group.map(({ document }) => document),
      )
  }, 16)

  /** What was recorded and is damaged is asked for again, like what is not there any more. */
  async function bodyOf(workspace: string, hash: string | undefined): Promise<Uint8Array | undefined> {
    try {
      return hash === undefined ? undefined : await blobs.get(workspace, hash)
    } catch (error) {
      if (error instanceof MirageError && error.code === 'record.damaged') return undefined
      throw error
    }
  }

  async function read(workspace: string, document: ExchangeDocument | undefined): Promise<Exchange | undefined> {
    if (!document) return undefined
    const {
      id,
      run,
      module,
      task,
      request,
      occurrence,
      kind,
      at,
      elapsedMs,
      contact,
      peer,
      asked,
      answer,
      credentials,
      reuse,
    } = document
    const body = await bodyOf(workspace, document.body)
    const certificates = await bodyOf(workspace, document.certificates)
    if ((document.body !== undefined && !body) || (document.certificates !== undefined && !certificates))
      return undefined
    return {
      id,
      key: { workspace, run, module, task: String(task), request, occurrence },
      kind,
      at,
      elapsedMs,
      contact: contact as Contact,
      peer,
      request: asked,
      answer,
      ...(body ? { body } : {}),
      ...(certificates ? { certificates } : {}),
      credentials,
      reusable: reuse !== undefined,
    }
  }

  return {
    async recall(key: ExchangeKey) {
      return read(key.workspace, await store.exchanges.get(key.workspace, exchangeId(key)))
    },
    async record(exchange) {
      const { workspace } = exchange.key
      const body = exchange.body && (await blobs.put(workspace, exchange.body))
      const certificates = exchange.certificates && (await blobs.put(workspace, exchange.certificates))
      await records([{ workspace, document: toDocument(exchange, body, certificates) }])
    },
    async cached({ workspace, module, request, credentials, notBefore }) {
      // The index is in the order of time, oldest first; few answers to one request are ever kept young enough to matter.
      const scan = { index: 'reuse', equals: { reuse: `${module}/${request}` }, limit: 100 }
      let best: ExchangeDocument | undefined
      for await (const document of itemsOf((place) => store.exchanges.scan(workspace, { ...scan, ...place })))
        if (document.at >= notBefore && document.credentials === credentials) best = document
      return read(workspace, best)
    },
    async page({ workspace, run, url }) {
      const page = pageName(run, url)
      const { items } = await store.exchanges.scan(workspace, { index: 'page', equals: { page }, limit: 100 })
      return read(workspace, items.at(-1))
    },
    async recallFrames({ workspace, run, module, task }) {
      const { items } = await store.frames.scan(workspace, {
        index: 'key',
        equals: { key: frameKey({ workspace, run, module, task }) },
        limit: 100_000,
      })
      return items.map((document) => toFrame(workspace, document))
    },
    async *framesOf({ workspace, run }) {
      const scan = { index: 'run', equals: { run }, limit: 200 }
      for await (const document of itemsOf((place) => store.frames.scan(workspace, { ...scan, ...place })))
        yield toFrame(workspace, document)
    },
    async recordFrame({ id, key, kind, at, count, body }) {
      const { workspace, run, module, task } = key
      const document: FrameDocument = {
        id,
        run,
        module,
        task: Number(task),
        key: frameKey(key),
        kind,
        at,
        count,
        body: Buffer.from(body).toString('base64'),
      }
      await frames([{ workspace, document }])
    },
  }
}

function pageName(run: string, url: string): string {
  return contentId(`${run}\n${url}`)
}

function frameKey({ run, module, task }: TaskKey): string {
  return `${run}/${module}/${task}`
}

function toFrame(workspace: string, { id, run, module, task, kind, at, count, body }: FrameDocument): Frame {
  return { id, key: { workspace, run, module, task: String(task) }, kind, at, count, body: Buffer.from(body, 'base64') }
}

function toDocument(exchange: Exchange, body: string | undefined, certificates: string | undefined): ExchangeDocument {
  const { id, key, kind, at, elapsedMs, contact, peer, request, answer, credentials, reusable } = exchange
  return {
    id,
    run: key.run,
    task: Number(key.task),
    module: key.module,
    ...(reusable ? { reuse: `${key.module}/${key.request}` } : {}),
    ...pageOf(exchange),
    at,
    kind,
    occurrence: key.occurrence,
    request: key.request,
    elapsedMs,
    contact,
    peer,
    asked: request,
    answer,
    ...(body === undefined ? {} : { body }),
    ...(certificates === undefined ? {} : { certificates }),
    bytes: exchange.body?.length ?? 0,
    credentials,
  }
}

/** Under which name a page can be read again. */
function pageOf({ kind, key, answer }: Exchange): { page?: string } {
  const { url, status } = answer as { url?: string; status?: number }
  return kind === 'http' && url !== undefined && status !== undefined && status < 400
    ? { page: pageName(key.run, url) }
    : {}
}
