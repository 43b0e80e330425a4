import { fork } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Figure, tableOf } from './figure.ts'

/**
 * `npm run bench`: every `bench…()` of this folder, each file in a process of its own, so that memory is its own and one
 * that fails stops no other. `npm run bench -- dns http` runs those of `dns.ts` and `http.ts`.
 */

const folder = import.meta.dirname
const known = globSync('*.ts', { cwd: folder })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run' && name !== 'figure')
  .sort()

/** In the child: runs what a file exports and tells each figure. */
async function runFile(name: string): Promise<void> {
  const exported = (await import(join(folder, `${name}.ts`))) as Record<string, unknown>
  for (const [key, bench] of Object.entries(exported))
    if (key.startsWith('bench') && typeof bench === 'function')
      process.send!((await (bench as () => Promise<Figure[]>)()) satisfies Figure[])
  process.disconnect()
}

/** Resolves with the figures; rejects when the process ended badly. What it prints goes to standard error. */
function runInChild(name: string): Promise<Figure[]> {
  return new Promise((resolve, reject) => {
    const figures: Figure[] = []
    const child = fork(import.meta.filename, ['--file', name], { stdio: ['ignore', 2, 2, 'ipc'] })
    child.on('message', (message) => figures.push(...(message as Figure[])))
    child.once('error', reject)
    // What a bench left open does not keep this waiting: the figures are there once it has disconnected.
    child.once('disconnect', () => child.kill())
    child.once('exit', (code, signal) => {
      if (code === 0 || (signal === 'SIGTERM' && figures.length > 0)) resolve(figures)
      else reject(new Error(`bench/${name}.ts ended with ${signal ?? code}`))
    })
  })
}

async function runAll(names: string[]): Promise<void> {
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    console.error(`There is no bench/${unknown}.ts. There are: ${known.join(', ')}.`)
    process.exitCode = 2
    return
  }
  const figures: Figure[] = []
  const failures: string[] = []
  for (const name of names.length > 0 ? names : known) {
    console.error(`bench/${name}.ts …`)
    try {
      figures.push(...(await runInChild(name)))
    } catch (error) {
      failures.push((error as Error).message)
    }
  }
  console.log(tableOf(figures))
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
}

const [first, ...rest] = process.argv.slice(2)
if (first === '--file') await runFile(rest[0]!)
else await runAll(first === undefined ? [] : [first, ...rest])
