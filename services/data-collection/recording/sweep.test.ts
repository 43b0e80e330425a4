import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileBlobs } from '@mirage/adapters/filesystem/blobs.ts'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { pause } from '@mirage/kit/clock.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { expect, it } from 'vitest'
import { type ExchangeDocument, openStore } from '../store.ts'
import { deleteExchanges } from './exchanges.ts'
import { startSweeper } from './sweep.ts'

const afterMs = 60

function exchangeOf(run: string, body: string, certificates?: string): ExchangeDocument {
  return {
    id: `${run}-${body}`,
    run,
    task: 1,
    module: 'http-probe',
    at: 0,
    kind: 'http',
    occurrence: 0,
    request: 'r',
    elapsedMs: 1,
    contact: 'target',
    peer: '192.0.2.1',
    asked: {},
    answer: {},
    body,
    ...(certificates === undefined ? {} : { certificates }),
    bytes: 1,
    credentials: false,
  }
}

it('removes bodies whose exchanges are gone, once idle, and none that are used or were written a moment ago', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mirage-sweep-'))
  let clock = 1_000_000
  const stop = new AbortController()
  await using documents = await openSqliteDocuments({
    path: join(folder, 'd.db'),
    perWorkspace: false,
    use: 'control',
  })
  await using blobs = await openFileBlobs({ path: join(folder, 'blobs'), now: () => clock })
  const store = await openStore(documents)
  const put = (text: string): Promise<string> => blobs.put('default', Buffer.from(text))
  const [shared, only, chain] = await Promise.all([put('shared'), put('only'), put('a certificate')])
  await store.exchanges.put('default', [
    exchangeOf('run_a', shared),
    exchangeOf('run_a', only, chain),
    exchangeOf('run_b', shared),
  ])
  const elsewhere = await blobs.put('case 7', Buffer.from('of another workspace'))
  await store.exchanges.put('case 7', [exchangeOf('run_c', elsewhere)])
  let isIdle = false
  const sweeper = startSweeper({
    store,
    documents,
    blobs,
    now: () => clock,
    log: silentLog,
    signal: stop.signal,
    afterMs,
    isIdle: async () => isIdle,
  })
  try {
    await deleteExchanges(store, 'default', 'run_a')
    await deleteExchanges(store, 'case 7', 'run_c')
    sweeper.exchangesDeleted()
    clock += 3 * afterMs
    // Its exchange is not recorded yet.
    const young = await put('young')
    await pause(4 * afterMs)
    expect(await blobs.has('default', only)).toBe(true)
    isIdle = true
    while (await blobs.has('default', only)) await pause(10)
    while (await blobs.has('default', chain)) await pause(10)
    while (await blobs.has('case 7', elsewhere)) await pause(10)
    expect(await Promise.all([shared, young].map((hash) => blobs.has('default', hash)))).toEqual([true, true])
  } finally {
    stop.abort()
    await sweeper.ended
    rmSync(folder, { recursive: true, force: true })
  }
})
