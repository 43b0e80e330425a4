import { chmod, mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Check } from '../doctor/check.ts'
import { jsonLinesOf, runCommand } from '../fake/cli.ts'

let dataDirectory: string
beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'mirage-doctor-'))
})
afterEach(() => rm(dataDirectory, { recursive: true, force: true }))

async function checksOf(directory: string): Promise<{ code: number; checks: Check[] }> {
  const { code, stdout } = await runCommand(['doctor', '--json'], { environment: { dataDirectory: directory } })
  return { code, checks: jsonLinesOf(stdout) as unknown as Check[] }
}

test('an installation that nobody has used is looked at from versions to lab', async () => {
  const { checks } = await checksOf(dataDirectory)
  expect(checks.map(({ name }) => name)).toEqual([
    'Mirage',
    'Node',
    'data directory',
    'space',
    'settings',
    'port',
    'host',
    'resolvers',
    'lab',
  ])
  expect(checks.find(({ name }) => name === 'data directory')).toEqual({
    name: 'data directory',
    state: 'ok',
    text: dataDirectory,
  })
})

test('a data directory that cannot be one is bad, and the command fails', async () => {
  const file = join(dataDirectory, 'file')
  await writeFile(file, '')
  const { code, checks } = await checksOf(file)
  expect({ code, check: checks.find(({ name }) => name === 'data directory') }).toMatchObject({
    code: 1,
    check: { state: 'bad', text: expect.stringContaining('set MIRAGE_DATA to another') },
  })
})

test('services in several processes are listed; what dead ones left is not', async () => {
  const locks = join(dataDirectory, 'locks')
  await mkdir(locks)
  const dead = 2 ** 22 + 1 // above the highest process id of Linux
  for (const [service, pid] of Object.entries({ auth: process.pid, 'data-storage': process.ppid, visualization: dead }))
    await writeFile(join(locks, `${service}.json`), JSON.stringify({ pid, services: [service] }))
  const { checks } = await checksOf(dataDirectory)
  expect(checks.filter(({ name }) => name === 'services').map(({ text }) => text)).toEqual([
    `process ${process.pid}: auth`,
    `process ${process.ppid}: data-storage`,
  ])
})

/** A file with a table of JSON, as large as `records` make it. */
async function storeFile(file: string, records = 100): Promise<string> {
  const path = join(dataDirectory, file)
  await mkdir(dirname(path), { recursive: true })
  using database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; create table thing (number integer primary key, body text not null)')
  const insert = database.prepare('insert into thing values (?, ?)')
  for (let number = 1; number <= records; number++)
    insert.run(number, JSON.stringify({ number, text: 'x'.repeat(200) }))
  return path
}

function storesIn(checks: Check[]): Check[] {
  return checks.filter(({ name }) => name === 'store' || name === 'stores')
}

test('every store file is looked at, and of each that is damaged the next step is said', async () => {
  await storeFile('scan-orchestration.db')
  const graph = await storeFile('correlation-engine/graph/default.db')
  const storage = await storeFile('data-storage/default.db')
  await storeFile('data-storage/search/default.db')
  await truncate(await storeFile('bus.db'), 9_000)
  await truncate(await storeFile('auth.db'), 0)
  await using file = await open(graph, 'r+')
  await file.write('this is not how it begins', 0)
  using database = new DatabaseSync(storage)
  database.exec(`update thing set body = '{"number":2,' where number = 2`)

  const { code, checks } = await checksOf(dataDirectory)
  expect(code).toBe(1)
  const [whole, ...damaged] = storesIn(checks)
  expect(whole).toMatchObject({ name: 'stores', state: 'ok', text: expect.stringMatching(/^2 files whole/) })
  const text = (file: string): string | undefined => damaged.find(({ text }) => text.startsWith(`${file} `))?.text
  expect(damaged.map(({ state }) => state)).toEqual(['bad', 'bad', 'bad', 'bad'])
  expect(text('bus.db')).toContain(`rm '${join(dataDirectory, 'bus.db')}'*`)
  expect(text('correlation-engine/graph/default.db')).toContain('made again from the others')
  expect(text('data-storage/default.db')).toMatch(/1 record of “thing” cannot be read.* from a backup/)
  expect(text('auth.db')).toMatch(/it is empty.* from a backup/)
})

test('a file that others write is looked at with what is in its log, and nothing of it changes', async () => {
  const path = await storeFile('data-collection.db')
  using writer = new DatabaseSync(path)
  writer.exec(`begin immediate; insert into thing values (1000, '{}'); commit; begin immediate; delete from thing`)
  const { checks } = await checksOf(dataDirectory)
  expect(storesIn(checks)).toEqual([{ name: 'stores', state: 'ok', text: expect.stringMatching(/^1 file whole/) }])
  writer.exec('rollback')
  expect(writer.prepare('select count(*) as count from thing').get()).toEqual({ count: 101 })
})

test('keys that others can read, or that are cut off, are bad', async () => {
  await writeFile(join(dataDirectory, 'master.key'), `${'0a'.repeat(32)}\n`, { mode: 0o600 })
  await writeFile(join(dataDirectory, 'api-key'), 'mirage_ThisIsLongEnoughToBeOne\n', { mode: 0o600 })
  const keys = async (): Promise<Check[]> =>
    (await checksOf(dataDirectory)).checks.filter(({ name }) => name === 'key files')
  expect(await keys()).toMatchObject([{ state: 'ok' }])
  await chmod(join(dataDirectory, 'master.key'), 0o644)
  await truncate(join(dataDirectory, 'api-key'), 0)
  expect(await keys()).toMatchObject([
    { state: 'bad', text: expect.stringContaining('chmod 600') },
    { state: 'bad', text: expect.stringContaining('delete it') },
  ])
})
