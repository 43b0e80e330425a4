import { Worker } from 'node:worker_threads'
import { MirageError, messageOf } from '@mirage/kit/errors.ts'
import { engineFailure } from './engine-failure.ts'
import type { LaneOptions } from './lane-options.ts'
import { openLane } from './lane.ts'
import type { DnsLane } from './lane.ts'
import type { FromWorker, LaneEvents, Link } from './protocol.ts'

/** The DNS engine: one thread, started with the first question, that carries any number of lanes. */
export interface DnsEngine extends AsyncDisposable {
  /**
   * Questions of one run, with its own resolvers, limits, cache and test for lies. Throws a MirageError when there is
   * no resolver, and whatever `options.allow` throws.
   */
  lane(options: LaneOptions): DnsLane
}

export function openDnsEngine(): DnsEngine {
  const lanes = new Map<number, LaneEvents>()
  let worker: Worker | undefined
  let lastLane = 0
  let held = 0
  let closed = false

  function start(): Worker {
    const started = new Worker(new URL('worker/worker.ts', import.meta.url), {
      name: 'dns',
      // Answers live for microseconds: a larger young generation only holds a hundred megabytes more, and is no faster.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    started.unref()
    started.on('message', (message: FromWorker) => lanes.get(message.lane)?.message(message))
    started.on('error', (error) => fail(messageOf(error)))
    started.on('exit', (code) => {
      if (!closed && worker === started) fail(`it ended with code ${code}`)
    })
    if (held > 0) started.ref()
    return started
  }

  function fail(reason: string): void {
    worker = undefined
    const error = engineFailure(reason)
    for (const lane of lanes.values()) lane.failed(error)
    lanes.clear()
  }

  const link: Link = {
    post(message, transfer = []) {
      worker ??= start()
      worker.postMessage(message, transfer)
    },
    hold() {
      if (++held === 1) worker?.ref()
    },
    release() {
      if (--held === 0) worker?.unref()
    },
  }

  return {
    lane(options) {
      if (closed) throw new MirageError({ code: 'dns.engine_closed', status: 500, detail: 'The DNS engine is closed.' })
      const id = ++lastLane
      const { lane, events } = openLane(id, options, link, () => lanes.delete(id))
      lanes.set(id, events)
      return lane
    },
    async [Symbol.asyncDispose]() {
      closed = true
      for (const lane of lanes.values())
        lane.failed(new MirageError({ code: 'dns.engine_closed', status: 500, detail: 'The DNS engine was closed.' }))
      lanes.clear()
      const last = worker
      worker = undefined
      await last?.terminate()
    },
  }
}
