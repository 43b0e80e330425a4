import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@mirage/kit/client.ts'
import { openDispatch } from '@mirage/kit/dispatch.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import type { Figure } from './figure.ts'

/** A platform that somebody starts and looks at: how long until it is there, what it holds while nothing happens. */

const launcher = join(import.meta.dirname, '..', 'apps', 'cli', 'bin', 'mirage.js')
const flags = ['--max-semi-space-size=16', '--max-old-space-size=1024']
/** All but the one whose modules would go out into the network. */
const withoutCollection = [
  'auth',
  'module-registry',
  'data-storage',
  'correlation-engine',
  'scan-orchestration',
  'api-gateway',
]

export async function benchStart(): Promise<Figure[]> {
  // The first start compiles; a person meets it once an installation.
  await served([], async () => undefined)
  const whole = await served([], async ({ child }) => {
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    return residentMegabytes(child)
  })
  const first = await served(withoutCollection, async ({ wire }) => {
    const startedAt = performance.now()
    const seeds = [{ type: 'domain' as const, value: 'northwind.example' }]
    const { run } = await createClient(scans, wire).createRun({ definition: { seeds, modules: ['dns-brute'] } })
    const found = async (): Promise<boolean> =>
      (await createClient(storage, wire).searchEntities({ run })).items.length > 0
    while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 10))
    return performance.now() - startedAt
  })
  return [
    { name: 'start: serve to ready', value: Math.round(whole.readyMs), unit: 'ms', limit: 1_500 },
    { name: 'start: idle, resident', value: whole.value, unit: 'MB', limit: 250 },
    { name: 'start: first entity after a run begins', value: Math.round(first.value), unit: 'ms', limit: 2_000 },
  ]
}

interface Served {
  child: ChildProcess
  wire: ReturnType<typeof openDispatch>['wire']
}

/** Starts `mirage serve` on a directory of its own and stops it after `work`. Ready is when it answers through its gateway. */
async function served<T>(
  services: string[],
  work: (served: Served) => Promise<T>,
): Promise<{ readyMs: number; value: T }> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mirage-start-'))
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...flags, launcher, 'serve', '--port', '0', ...services], {
    env: { ...process.env, MIRAGE_DATA: dataDirectory, MIRAGE_CONFIG: join(dataDirectory, 'config.yaml') },
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    const file = join(dataDirectory, 'connection.json')
    while (!existsSync(file)) {
      if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const { socket, apiKey } = JSON.parse(readFileSync(file, 'utf8')) as { socket: string; apiKey: string }
    await using dispatch = openDispatch({
      addressOf: () => ({ socket }),
      authorization: async () => `Bearer ${apiKey}`,
    })
    await createClient(scans, dispatch.wire).listRuns({})
    const readyMs = performance.now() - startedAt
    return { readyMs, value: await work({ child, wire: dispatch.wire }) }
  } finally {
    child.kill('SIGTERM')
    await ended
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}

/** Where the system tells; else 0. */
function residentMegabytes({ pid }: ChildProcess): number {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return 0
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) / 1000)
}

if (import.meta.main)
  for (const { name, value, unit, limit } of await benchStart())
    console.log(`${name}: ${value.toLocaleString('en')} ${unit} (asked for: ${limit?.toLocaleString('en')})`)
