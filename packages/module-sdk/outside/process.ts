import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { serialize } from 'node:v8'
import type { Jail } from './jail.ts'
import type { FromChild, ToChild } from './messages.ts'
import { openWire } from './wire.ts'

const entry = join(import.meta.dirname, 'child.ts')
const packages = join(import.meta.dirname, '..', '..')
const root = dirname(packages)
const mostMemoryMb = 256
const keptErrors = 2_000
/** Bytes of one message of its: a million short names, asked in one call. */
const mostSaid = 64 << 20
/** Bytes of answers that it has asked for and does not read. */
const mostUnread = 256 << 20

/** A process with one module in it. */
export interface ModuleProcess {
  pid: number | undefined
  say(message: ToChild): void
  /** Who is told what it says, and with how many bytes; one at a time. */
  listen(heard: ((message: FromChild, bytes: number) => void) | undefined): void
  /** It waits, once the pipe is full, until `release`. */
  hold(): void
  release(): void
  /** Resolves with why it ended. */
  ended: Promise<string>
  /** Calls back with why it ended, at once where it has. */
  died(tell: (reason: string) => void): void
  /** Kills it; `reason` is then why it ended. */
  end(reason?: string): void
}

/**
 * Starts a process that may read the folder and what modules import of ours, write nothing, start nothing, and reach
 * nothing: Node's permissions, no environment, the seal of `child.ts`, and a jail. It leads a
 * group of its own: a Ctrl-C is for who started it, which then stops its task in order. Killed beside it, the task would
 * end as failed and never be tried again.
 */
export function startModuleProcess(folder: string, within: Jail): ModuleProcess {
  keepDebuggerShut()
  const named = [folder, packages, join(root, 'node_modules'), join(root, 'package.json')]
  const readable = [...new Set([...named, ...named.map((path) => realpathSync(path))])]
  const words = [
    ...within.words(readable),
    process.execPath,
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${mostMemoryMb}`,
    '--disable-warning=SecurityWarning',
    '--disable-sigusr1',
    entry,
    folder,
  ]
  const child = spawn(words[0]!, words.slice(1), { cwd: folder, env: {}, detached: true })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-keptErrors)))
  let heard: ((message: FromChild, bytes: number) => void) | undefined
  let fault: string | undefined

  function end(reason?: string): void {
    fault ??= reason
    wire.discard()
    child.kill('SIGKILL')
  }

  child.stdin.on('error', () => undefined) // the end of the process is told of by `close`
  const wire = openWire(child.stdout, child.stdin, {
    most: mostSaid,
    heard(bytes) {
      const message = readMessage(bytes)
      if (message === undefined) end('it said what is no message')
      else heard?.(message, bytes.length)
    },
    broken: () => end('it said more at once than it may'),
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`))
    child.once('close', (code, signal) => resolve(fault ?? reasonOf(code, signal, errors)))
  })
  return {
    pid: child.pid,
    say(message) {
      if (!child.stdin.writable) return
      wire.say(serialize(message))
      if (child.stdin.writableLength > mostUnread) end('it does not read what it asks for')
    },
    listen: (listener) => (heard = listener),
    hold: wire.hold,
    release: wire.release,
    ended,
    died: (tell) => void ended.then(tell),
    end,
  }
}

/** Plain data, whatever a stranger writes: JSON, without the name that would give an object another prototype. */
function readMessage(bytes: Buffer): FromChild | undefined {
  try {
    const message: unknown = JSON.parse(bytes.toString(), withoutPrototype)
    // What else it says is checked where it is used.
    return typeof message === 'object' && message !== null && 'kind' in message ? (message as FromChild) : undefined
  } catch {
    return undefined
  }
}

function withoutPrototype(name: string, value: unknown): unknown {
  return name === '__proto__' ? undefined : value
}

/** Any process of the same person may send SIGUSR1, upon which Node opens its debugger to them all. */
function keepDebuggerShut(): void {
  if (process.listenerCount('SIGUSR1') === 0) process.on('SIGUSR1', () => undefined)
}

function reasonOf(code: number | null, signal: string | null, errors: string): string {
  const told = /^\w*Error.*$|^FATAL ERROR.*$/m.exec(errors)?.[0]
  return `its process ended ${signal ? `by ${signal}` : `with ${code}`}${told ? `: ${told.slice(0, 300)}` : ''}`
}
