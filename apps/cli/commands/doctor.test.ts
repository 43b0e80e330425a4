import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
