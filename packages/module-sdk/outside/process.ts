import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import type { FromChild, ToChild } from './messages.ts'

const entry = join(import.meta.dirname, 'child.ts')
const packages = join(import.meta.dirname, '..', '..')
const root = dirname(packages)
const mostMemoryMb = 256
const keptErrors = 2_000

/** A process with one module in it. */
export interface ModuleProcess {
  pid: number | undefined
  say(message: ToChild): void
  /** Who is told what it says; one at a time. */
  listen(heard: ((message: FromChild) => void) | undefined): void
  /** Resolves with why it ended. */
  ended: Promise<string>
  /** Calls back with why it ended, at once where it has. */
  died(tell: (reason: string) => void): void
  end(): void
}

let isolation: string[] | undefined

/**
 * The command that takes the network from a process (Linux, where the machine allows it): a network namespace without
 * any interface. Empty where there is none; then imports and globals that reach the network are refused all the same.
 */
export function networkIsolation(): string[] {
  isolation ??=
    [
      ['unshare', '--user', '--net', '--'],
      ['unshare', '--net', '--'],
    ].find(([command, ...words]) => spawnSync(command!, [...words, 'true']).status === 0) ?? []
  return isolation
}

/**
 * Starts a process that may read the folder and what modules import of ours, write nothing, start nothing, and reach
 * nothing: Node's permissions, no environment, the seal of `child.ts`, and a network namespace where there is one. It
 * leads a group of its own: a Ctrl-C is for who started it, which then stops its task in order. Killed beside it, the
 * task would end as failed and never be tried again.
 */
export function startModuleProcess(folder: string): ModuleProcess {
  const readable = [folder, packages, join(root, 'node_modules'), join(root, 'package.json')]
  const words = [
    ...networkIsolation(),
    process.execPath,
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${mostMemoryMb}`,
    '--disable-warning=SecurityWarning',
    entry,
  ]
  const child: ChildProcess = spawn(words[0]!, words.slice(1), {
    cwd: folder,
    env: {},
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-keptErrors)))
  let heard: ((message: FromChild) => void) | undefined
  child.on('message', (message: unknown) => {
    // What else it says is checked where it is used.
    if (typeof message === 'object' && message !== null && 'kind' in message) heard?.(message as FromChild)
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`))
    child.once('close', (code, signal) => resolve(reasonOf(code, signal, errors)))
  })
  return {
    pid: child.pid,
    say: (message) => void (child.connected && child.send(message, () => undefined)),
    listen: (listener) => (heard = listener),
    ended,
    died: (tell) => void ended.then(tell),
    end: () => void child.kill('SIGKILL'),
  }
}

function reasonOf(code: number | null, signal: string | null, errors: string): string {
  const told = /^\w*Error.*$|^FATAL ERROR.*$/m.exec(errors)?.[0]
  return `its process ended ${signal ? `by ${signal}` : `with ${code}`}${told ? `: ${told.slice(0, 300)}` : ''}`
}
