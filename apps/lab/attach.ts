import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type LabDescription, readDescription } from './description.ts'
import type { WorldSize } from './world/size.ts'

const pollMs = 20
const startMs = 60_000

/**
 * The lab of this directory, size and seed: the one that runs, or a new one in a process of its own that outlives the
 * caller until `stopLab` or half an hour without traffic. Throws when another world runs there or the child does not start.
 */
export async function ensureLab(directory: string, wanted: { size: WorldSize; seed: number }): Promise<LabDescription> {
  mkdirSync(directory, { recursive: true })
  const deadline = Date.now() + startMs
  for (;;) {
    const running = await runningLab(directory)
    if (running) {
      if (running.size === wanted.size && running.seed === wanted.seed) return running
      throw new Error(
        `A lab of size ${running.size} and seed ${running.seed} runs in ${directory} (process ${running.pid}). Stop it first, or use another data directory.`,
      )
    }
    using lock = takeLock(join(directory, 'starting'))
    // Whoever had the lock a moment ago may have started it.
    if (lock && !(await runningLab(directory))) return await spawnLab(directory, wanted, deadline)
    if (lock) continue
    if (Date.now() > deadline)
      throw new Error(
        `Another process has been starting the lab in ${directory} for a minute; see ${join(directory, 'lab.out')}.`,
      )
    await delay(pollMs)
  }
}

/** The lab that runs in this directory and answers; undefined when there is none. */
export async function runningLab(directory: string): Promise<LabDescription | undefined> {
  const description = readDescription(directory)
  if (!description || !isAlive(description.pid)) return undefined
  // Its control port is inside its namespace.
  if (description.namespace !== undefined) return description
  try {
    const answer = await fetch(description.control.url, {
      headers: { authorization: `Bearer ${description.control.token}` },
      signal: AbortSignal.timeout(5000),
    })
    return answer.ok ? description : undefined
  } catch {
    return undefined
  }
}

/** Ends the lab of this directory; true when one ran. */
export async function stopLab(directory: string): Promise<boolean> {
  const running = await runningLab(directory)
  if (!running) return false
  if (running.namespace === undefined) await controlLab(running, 'POST', '/stop')
  else process.kill(running.pid, 'SIGTERM')
  const deadline = Date.now() + 5000
  while (isAlive(running.pid) && Date.now() < deadline) await delay(pollMs)
  return true
}

/** Sends one request to a lab's control port, as `protocols/control.ts` describes them, and answers its JSON. */
export async function controlLab(lab: LabDescription, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(lab.control.url + path, {
    method,
    headers: { authorization: `Bearer ${lab.control.token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const value: unknown = await answer.json()
  if (!answer.ok) throw new Error(`The lab refused ${method} ${path}: ${JSON.stringify(value)}`)
  return value
}

async function spawnLab(
  directory: string,
  { size, seed }: { size: WorldSize; seed: number },
  deadline: number,
): Promise<LabDescription> {
  const output = join(directory, 'lab.out')
  const file = openSync(output, 'w')
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'main.ts'), 'start', '--size', size, '--seed', String(seed), '--directory', directory],
    { detached: true, stdio: ['ignore', file, file] },
  )
  closeSync(file)
  const ended = { why: '' }
  child.on('exit', (code, signal) => (ended.why = `ended with ${signal ?? code}`))
  child.on('error', (error) => (ended.why = error.message))
  while (Date.now() < deadline && ended.why === '') {
    const description = readDescription(directory)
    if (description && description.pid === child.pid) {
      child.unref()
      return description
    }
    await delay(pollMs)
  }
  throw new Error(
    `The lab did not start (${ended.why || 'no answer within a minute'}): ${readFileSync(output, 'utf8').trim().slice(-2000)}`,
  )
}

/** The lock file, ours until disposed; undefined while a live process younger than a minute has it. */
function takeLock(file: string): Disposable | undefined {
  try {
    closeSync(openSync(file, 'wx'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > startMs) rmSync(file, { force: true })
    return undefined
  }
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
