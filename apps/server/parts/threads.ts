import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Log } from '@mirage/kit/log.ts'
import { placement, threadOf } from '../services.ts'
import type { PartOptions } from './part.ts'

/** The threads beside the main one: started once, when somebody first needs a service of theirs. */
export interface Threads extends AsyncDisposable {
  /** Resolves when the thread of this service runs; at once for services of the main thread. Throws why it does not start. */
  ready(service: string): Promise<void>
  startAll(): void
}

/** What a thread is told. */
export interface ThreadOptions extends PartOptions {
  /** Where compiled code is kept; undefined where the process keeps none. */
  compileCache: string | undefined
}

/**
 * A thread that reads a million records makes much garbage. A small young generation keeps it from holding on to it, and
 * so does the bound of the old one: far above what is ever needed, it is what the collector takes its pace from.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 1024 }

export function openThreads(options: PartOptions, log: Log, failed: (error: Error) => void): Threads {
  const running = new Map<string, { worker: Worker; ready: Promise<void>; ended: Promise<void> }>()
  let stopping = false

  function start(thread: string): Promise<void> {
    const known = running.get(thread)
    if (known) return known.ready
    const services = placement[thread]!.filter((service) => options.services.includes(service))
    const compiled = getCompileCacheDir()
    // Node adds a folder for its version itself.
    const workerData: ThreadOptions = { ...options, services, compileCache: compiled && dirname(compiled) }
    const worker = new Worker(new URL('thread.ts', import.meta.url), {
      name: thread,
      workerData,
      resourceLimits,
    })
    const ready = new Promise<void>((resolve, reject) => {
      worker.on('message', (message: { ready?: true; failed?: string; wanted?: string }) => {
        if (message.wanted !== undefined) wake(message.wanted)
        else if (message.ready) resolve()
        else {
          const error = unstarted(thread, message.failed ?? 'it did not say why')
          reject(error)
          failed(error)
        }
      })
      worker.once('error', (error) => {
        log.error('A thread died', { thread, error })
        reject(unstarted(thread, error.message))
        if (!stopping) failed(error)
      })
      worker.once('exit', () => reject(unstarted(thread, 'it ended')))
    })
    ready.catch(() => undefined)
    // From the start: one that has ended by itself never says so again.
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    running.set(thread, { worker, ready, ended })
    return ready
  }

  /** A thread calls a service of another one: nobody else may have needed that yet. */
  function wake(service: string): void {
    const thread = threadOf(service, options.services)
    if (thread !== undefined && !stopping) void start(thread)
  }

  return {
    async ready(service) {
      const thread = threadOf(service, options.services)
      if (thread !== undefined && options.services.includes(service)) await start(thread)
    },
    startAll() {
      const wanted = new Set(options.services.map((service) => threadOf(service, options.services)))
      for (const thread of wanted) if (thread !== undefined) void start(thread)
    },
    async [Symbol.asyncDispose]() {
      stopping = true
      await Promise.all(
        [...running.values()].map(async ({ worker, ready, ended }) => {
          await ready.catch(() => undefined)
          worker.postMessage('stop')
          const late = setTimeout(() => void worker.terminate(), 5_000)
          await ended
          clearTimeout(late)
        }),
      )
    },
  }
}

function unstarted(thread: string, reason: string): MirageError {
  return new MirageError({
    code: 'service.not_started',
    status: 503,
    detail: `The ${thread} thread did not start: ${reason.replace(/\.$/, '')}.`,
    retryable: true,
  })
}
