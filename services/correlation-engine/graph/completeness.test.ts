import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { type AppliedBatch, appliedBatches } from '@mirage/kit/coverage.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Completeness } from './completeness.ts'

let folder: string
let documents: Documents
/** Nodes in the graph of each workspace. */
let nodes: Record<string, number>
/** What was begun to be rebuilt and what was rebuilt, in order; what is held ends when that is resolved. */
let begun: string[]
let rebuilt: string[]
let held: Map<string, PromiseWithResolvers<void>>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-completeness-'))
  documents = await openSqliteDocuments({ path: join(folder, 'findings.db'), perWorkspace: false, use: 'data' })
  nodes = {}
  begun = []
  rebuilt = []
  held = new Map()
})
afterEach(async () => {
  await documents[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** As after a start of the service. */
async function start(): Promise<Completeness> {
  return Completeness.open({
    documents,
    graph: { counts: async (workspace) => ({ nodes: nodes[workspace] ?? 0, edges: 0, byType: {} }) },
    applied: await documents.collection<AppliedBatch>(appliedBatches),
    async rebuild(workspace) {
      begun.push(workspace)
      await held.get(workspace)?.promise
      rebuilt.push(workspace)
    },
  })
}

async function take(workspace: string): Promise<void> {
  const applied = await documents.collection<AppliedBatch>(appliedBatches)
  await applied.insertIfAbsent(workspace, [{ id: 'r/1/1/0', run: 'r' }])
  nodes[workspace] = 1
}

describe('the graphs of several workspaces', () => {
  it('are all gone through at first, and none again after a start', async () => {
    const first = await start()
    expect(await first.ofAll()).toBe(false)
    await first.rebuildAll(['default', 'case 7'])
    for (const workspace of ['default', 'case 7']) await take(workspace)
    const second = await start()
    expect(await second.ofAll()).toBe(true)
    for (const workspace of ['default', 'case 7']) await second.wait(workspace)
    expect(rebuilt).toEqual(['default', 'case 7'])
  })

  it('are made anew each by itself: the questions of one do not wait for another', async () => {
    await (await start()).rebuildAll(['default', 'case 7'])
    for (const workspace of ['default', 'case 7']) await take(workspace)
    nodes['case 7'] = 0 // its file was removed
    const service = await start()
    expect(await service.ofAll()).toBe(false)
    expect([await service.of('default'), await service.of('case 7')]).toEqual([true, false])
    rebuilt = []
    held.set('case 7', Promise.withResolvers())
    const asked = service.wait('case 7').then(() => 'answered')
    await service.wait('default')
    expect(await Promise.race([asked, Promise.resolve('waits')])).toBe('waits')
    expect(rebuilt).toEqual([])
    held.get('case 7')!.resolve()
    expect(await asked).toBe('answered')
    expect(rebuilt).toEqual(['case 7'])
    expect(await service.of('case 7')).toBe(true)
  })

  it('are made anew when first heard of, where what is kept beside the findings was removed', async () => {
    await (await start()).rebuildAll(['default', 'case 7'])
    for (const workspace of ['default', 'case 7']) await take(workspace)
    await documents.erase('case 7')
    const service = await start()
    rebuilt = []
    await Promise.all([service.ensure('case 7'), service.ensure('case 7'), service.wait('case 7')])
    await service.ensure('case 7')
    expect(rebuilt).toEqual(['case 7'])
  })

  it('are tried again where it failed, and a loss of events makes one anew that is under way', async () => {
    await (await start()).rebuildAll([])
    const service = await start()
    held.set('case 7', Promise.withResolvers())
    const first = service.ensure('case 7')
    held.get('case 7')!.reject(new Error('the owner is away'))
    await expect(first).rejects.toThrow('the owner is away')
    held.set('case 7', Promise.withResolvers())
    const second = service.ensure('case 7')
    await expect.poll(() => begun).toHaveLength(2)
    const all = service.rebuildAll(['case 7'])
    held.get('case 7')!.resolve()
    await Promise.all([second, all])
    expect(rebuilt).toEqual(['case 7', 'case 7'])
  })
})
