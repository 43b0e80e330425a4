import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { MirageError } from '@mirage/kit/errors.ts'
import type { ServerOptions } from '../start.ts'

/** What a process is told at its start. */
export interface ProcessOptions {
  server: ServerOptions
  /** Where compiled code is kept; undefined where this process keeps none. */
  compileCache: string | undefined
}

/** What a process tells: that it runs, or why it does not. */
export type FromProcess = { ready: true; url?: string } | { failed: string; code: string }

export interface Child {
  pid: number | undefined
  /** Rejects when it ended before it ran. */
  ready: Promise<{ url?: string }>
  /** Resolves with how it ended, for people. */
  ended: Promise<string>
  /** In order; at once where it does not run yet. */
  stop(): Promise<unknown>
  kill(): void
}

/** Starts a service in a process of its own; each line that it writes goes to `say`. */
export function startChild(service: string, say: (line: string) => void, options: ProcessOptions): Child {
  const child = fork(join(import.meta.dirname, 'process.ts'), [service], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  let isReady = false
  const ready = new Promise<{ url?: string }>((resolve, reject) => {
    child.once('message', (told: FromProcess) => {
      if ('failed' in told)
        return reject(new MirageError({ code: told.code, status: 503, detail: told.failed, retryable: true }))
      isReady = true
      resolve(told)
    })
    child.once('exit', (code, signal) => reject(new Error(`it ended at once (${signal ?? `exit code ${code}`})`)))
    child.once('error', reject)
  })
  ready.catch(() => undefined)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
  for (const stream of [child.stdout!, child.stderr!]) passOn(stream, service, say)
  child.on('error', () => undefined) // a message to a process that has just died
  child.send(options)
  return {
    pid: child.pid,
    ready,
    ended,
    stop() {
      if (hasEnded(child)) return ended
      if (isReady && child.connected) child.send('stop')
      else child.kill('SIGKILL')
      return ended
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function passOn(stream: Readable, service: string, say: (line: string) => void): void {
  createInterface({ input: stream }).on('line', (line) => say(`${service}: ${line}`))
}
