import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { pause } from '@mirage/kit/clock.ts'
import { isLive } from '@mirage/kit/liveness.ts'
import { keyFileOf } from './data-directory/installation.ts'
import { frontDoor } from './data-directory/locks.ts'
import { socketOf } from './data-directory/socket.ts'
import { readEnvironment } from './environment.ts'
import { type Child, startChild } from './parts/child.ts'
import { namedServices, serviceNames } from './services.ts'
import { readSettings } from './settings.ts'
import type { ServerOptions } from './start.ts'

export interface SplitOptions extends Pick<ServerOptions, 'dataDirectory' | 'port' | 'services' | 'flags'> {
  /** Told what happens to the processes, and each line that one of them writes; a line at a time. */
  say(line: string): void
  /** How often each service is asked whether it lives, and how long it may take to answer, milliseconds. */
  askEveryMs?: number
  answerMs?: number
}

export interface SplitHandle extends AsyncDisposable {
  /** Absent where the front door is not among the services. */
  url: string | undefined
  keyFile: string
  /** The process that runs each service now. */
  processes(): Record<string, number | undefined>
  /** Stops all, callers before who they call; what still runs after `ms` is killed, which loses nothing. */
  stop(ms: number): Promise<void>
}

/** The first pause before a process is started again; doubled up to fifty times this. */
const restartMs = 200

/** A process that has lived this long failed for a new reason: its next start does not wait. */
const steadyMs = 30_000

/** A service that leaves so many questions in a row without an answer hangs: one may meet a pause of the whole machine. */
const unansweredAtMost = 2

/**
 * Starts each service in a process of its own and starts again what dies or hangs. Throws what a process could not start for
 * (`host.locked`, `settings.invalid`, a port in use …); then none is left.
 */
export async function startSplit({
  say,
  askEveryMs = 10_000,
  answerMs = 30_000,
  ...options
}: SplitOptions): Promise<SplitHandle> {
  const environment = readEnvironment()
  const dataDirectory = options.dataDirectory ?? environment.dataDirectory
  const place = { installation: { dataDirectory }, runtimeDirectory: environment.runtimeDirectory }
  const services = serviceNames.filter((name) => namedServices(options.services).includes(name))
  const { values } = readSettings(environment, options.flags)
  const stopping = new AbortController()
  const running = new Map<string, Child>()
  let { port } = options
  let url: string | undefined

  async function start(service: string): Promise<Child> {
    const compiled = getCompileCacheDir()
    const child = startChild(service, say, {
      server: {
        dataDirectory,
        services: [service],
        settings: values,
        listen: true,
        supervisor: process.pid,
        ...(port === undefined ? {} : { port }),
      },
      // Node adds a folder for its version itself.
      compileCache: compiled && dirname(compiled),
    })
    running.set(service, child)
    const told = await child.ready
    void watch(service, child)
    if (service === frontDoor && told.url !== undefined) {
      url = told.url
      port = Number(new URL(told.url).port) // also where any free one was asked for
    }
    return child
  }

  /** Ends a process whose service does not answer: what it was doing is done again after its next start. */
  async function watch(service: string, child: Child): Promise<void> {
    const { signal } = stopping
    let hasEnded = false
    void child.ended.then(() => (hasEnded = true))
    for (let unanswered = 0; unanswered < unansweredAtMost; unanswered++) {
      await pause(askEveryMs, signal)
      if (hasEnded || signal.aborted) return
      if (await isLive(socketOf(place, service), answerMs, signal)) unanswered = -1
    }
    if (hasEnded || signal.aborted) return
    say(`${service} does not answer any more: process ${child.pid} is ended.`)
    child.kill()
  }

  /** Starts a service again whenever it has ended, until all stop. */
  async function keep(service: string, first: Child): Promise<void> {
    let child: Child | undefined = first
    let failures = 0
    let startedAt = performance.now()
    while (true) {
      await child?.ended
      if (stopping.signal.aborted) return
      failures = performance.now() - startedAt > steadyMs ? 0 : failures + 1
      const waitMs = Math.min(restartMs * 2 ** Math.max(0, failures - 1), restartMs * 50)
      if (child) say(`${service} ended (${await child.ended}); it starts again in ${waitMs / 1000} s.`)
      await pause(waitMs, stopping.signal)
      if (stopping.signal.aborted) return
      startedAt = performance.now()
      child = await start(service).catch((error: Error) => {
        if (!stopping.signal.aborted) say(`${service} did not start: ${error.message}`)
        return undefined
      })
      if (child) say(`${service} runs again (process ${child.pid}).`)
    }
  }

  async function stop(ms: number): Promise<void> {
    stopping.abort()
    const kill = setTimeout(() => running.forEach((child) => child.kill()), ms)
    for (const service of services.toReversed()) await running.get(service)?.stop()
    clearTimeout(kill)
  }

  try {
    const started = await Promise.all(services.map(start))
    started.forEach((child, at) => void keep(services[at]!, child))
  } catch (error) {
    await stop(0)
    throw error
  }
  return {
    url,
    keyFile: keyFileOf(dataDirectory),
    processes: () => Object.fromEntries(services.map((service) => [service, running.get(service)?.pid])),
    stop,
    [Symbol.asyncDispose]: () => stop(10_000),
  }
}
