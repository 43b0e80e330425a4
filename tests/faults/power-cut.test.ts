import {
  copyFileSync,
  cpSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { createClient } from '@mirage/kit/client.ts'
import { systemClock } from '@mirage/kit/clock.ts'
import type { Client, Contract } from '@mirage/kit/contract.ts'
import { openDispatch } from '@mirage/kit/dispatch.ts'
import { announcement } from '@mirage/kit/event.ts'
import { openTokens } from '@mirage/kit/token.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { type ModuleFinding, type Observation, observationId } from '@mirage/model/observation.ts'
import { openInstallation } from '@mirage/server/data-directory/installation.ts'
import { startMirage } from '@mirage/server/start.ts'
import { correlation } from '@mirage/services/correlation-engine/contract.ts'
import { observationsCollected } from '@mirage/services/data-collection/contract.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

/**
 * A disk whose cache is lost when the power goes: of the files that are flushed only now and then, it keeps what they
 * held when they were flushed last. What is written to the bus and to control files is on
 * it when the write resolves.
 */
let place: string
let disk: string
let isPowered: boolean
const dataDirectory = (): string => join(place, 'data')

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'mirage-power-'))
  disk = join(place, 'disk')
  isPowered = true
  mkdirSync(dataDirectory(), { recursive: true })
  vi.stubEnv('MIRAGE_CONFIG', join(place, 'none.yaml'))
  vi.stubEnv('MIRAGE_MASTER_KEY', undefined)
  await using handle = await open(place, 'r')
  const proto = Object.getPrototypeOf(handle) as FileHandle
  const { datasync } = proto
  vi.spyOn(proto, 'datasync').mockImplementation(async function (this: FileHandle) {
    await datasync.call(this)
    if (isPowered) keep(fstatSync(this.fd).ino)
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(place, { recursive: true, force: true })
})

/** The log that was flushed, and the file below it as it was then. */
function keep(inode: number): void {
  const log = lazyFiles().find((path) => statSync(path).ino === inode)
  if (log === undefined) return
  for (const path of [log, log.replace(/-wal$/, '')]) {
    const kept = join(disk, relative(dataDirectory(), path))
    mkdirSync(dirname(kept), { recursive: true })
    copyFileSync(path, kept)
  }
}

/** Files that are flushed now and then: those in the folders of the services. */
function lazyFiles(): string[] {
  return readdirSync(dataDirectory(), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(data-storage|correlation-engine)\/.*\.db(-wal)?$/.test(path))
    .map((path) => join(dataDirectory(), path))
}

/** What is left when the power goes now. */
function cutPower(): string {
  isPowered = false
  cpSync(dataDirectory(), disk, {
    recursive: true,
    filter: (path) => !/\/(sockets|locks)(\/|$)|-shm$/.test(path) && !lazyFiles().includes(path),
  })
  return disk
}

/** Alone in its process a service has the main thread, where this test sees it write. */
async function serving<C extends Contract, T>(contract: C, directory: string, work: (client: Client<C>) => Promise<T>) {
  await using _server = await startMirage({ dataDirectory: directory, services: [contract.service] })
  const tokens = openTokens(openInstallation(directory, undefined).masterKey, systemClock)
  await using dispatch = openDispatch({
    addressOf: (service) => ({ socket: join(directory, 'sockets', `${service}.sock`) }),
    authorization: async () =>
      `Bearer ${await tokens.issue({ caller: { kind: 'service', id: 'test' }, workspace: 'default', rights: [] })}`,
  })
  return await work(createClient(contract, dispatch.wire))
}

const entity = entityRef('domain', 'example.com')

async function publishSighting(isKept: string): Promise<void> {
  const [run, module, at] = ['run_1', 'crtsh', Date.parse('2026-01-01')]
  const id = observationId({ run, module, source: undefined, kind: '', direction: 'out', entity: entity.id, key: '' })
  const observations: Observation[] = [{ id, entity, key: '', at }]
  const finding: ModuleFinding = { rule: 'zone', severity: 'low', title: 'T', explanation: 'E', entities: [entity] }
  const batch = { run, task: 1, attempt: 1, index: 0, module, moduleVersion: 1, observations, findings: [finding] }
  await using bus = await openSqliteBus({ path: join(dataDirectory(), 'bus.db'), now: Date.now })
  await bus.publish([announcement(observationsCollected, 'default', 'batch', batch)])
  await vi.waitFor(() => expect(existsSync(join(disk, isKept))).toBe(true), { timeout: 10_000 })
}

it('leaves tags and notes on entities, and a search that finds them', async () => {
  const lost = await serving(storage, dataDirectory(), async (storage) => {
    await publishSighting('data-storage/default.db')
    await storage.markEntities({ query: 'type:domain', addTags: ['prod'], note: 'ours' })
    return cutPower()
  })
  await serving(storage, lost, async (storage) => {
    const { items } = await storage.searchEntities({ query: 'tag:prod' })
    expect(items).toMatchObject([{ value: 'example.com', tags: ['prod'], notes: [{ text: 'ours' }] }])
  })
})

it('leaves states of findings and what was said of them', async () => {
  // A graph that was never whole is first made from what these have.
  await using _rest = await startMirage({
    dataDirectory: dataDirectory(),
    services: ['data-storage', 'scan-orchestration'],
  })
  const lost = await serving(correlation, dataDirectory(), async (correlation) => {
    await publishSighting('correlation-engine/default.db')
    const { items } = await correlation.listFindings({})
    await correlation.changeFinding({ finding: items[0]!.id, state: 'dismissed', comment: 'known' })
    return cutPower()
  })
  await serving(correlation, lost, async (correlation) => {
    const { items } = await correlation.listFindings({})
    expect(items).toMatchObject([{ state: 'dismissed', comment: 'known' }])
  })
})
