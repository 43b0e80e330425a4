import { silentLog } from '@mirage/kit/log.ts'
import { isAddress } from '@mirage/model/address.ts'
import type { HttpRequest } from '@mirage/model/exchange.ts'
import { compileScope } from '@mirage/model/scope.ts'
import type { Exchange, Frame, Recorder } from '../record/exchange.ts'
import { exchangeId } from '../record/exchange.ts'
import type { GuardScope } from '../guard.ts'
import { openLimiter } from '../limits/limiter.ts'
import { type NetworkOptions, type Session, type SessionOptions, openNetwork } from '../session.ts'
import type { Task, TaskOptions } from '../task.ts'
import { testEngine } from './engine.ts'

/** The scope of these seeds: names with all below them, addresses, blocks. */
export function testScope(targets: string[], exclude: string[] = []): GuardScope {
  const seeds = targets.map((value) => ({ type: typeOf(value), value }))
  return compileScope({ seeds, exclude, allowPrivate: true })
}

function typeOf(seed: string): 'netblock' | 'ip-address' | 'domain' {
  return seed.includes('/') ? 'netblock' : isAddress(seed) ? 'ip-address' : 'domain'
}

export interface TestRecorder extends Recorder {
  exchanges: Map<string, Exchange>
  frames: Frame[]
}

export function testRecorder(): TestRecorder {
  const exchanges = new Map<string, Exchange>()
  const frames: Frame[] = []
  return {
    exchanges,
    frames,
    recall: (key) => Promise.resolve(exchanges.get(exchangeId(key))),
    record(exchange) {
      exchanges.set(exchange.id, exchange)
      return Promise.resolve()
    },
    page: ({ run, url }) =>
      Promise.resolve([...exchanges.values()].findLast((exchange) => exchange.key.run === run && exchange.url === url)),
    recallFrames: ({ task }) => Promise.resolve(frames.filter((frame) => frame.key.task === task)),
    async *framesOf({ run }) {
      yield* frames.filter((frame) => frame.key.run === run)
    },
    recordFrame(frame) {
      frames.push(frame)
      return Promise.resolve()
    },
  }
}

/** A network whose parts a test may replace; limits and retries wait without time passing. */
export function testNetwork(options: Partial<NetworkOptions> = {}): NetworkOptions {
  // Whoever sleeps finds the clock turned on.
  let slept = 0
  const now = options.now ?? (() => performance.now() + slept)
  const sleep = (ms: number): Promise<void> => {
    slept += ms
    return Promise.resolve()
  }
  return {
    recorder: testRecorder(),
    limiter: openLimiter({ take: (_key, _bucket, _cost, now) => Promise.resolve(now), now, sleep }),
    sleep,
    engine: testEngine({}),
    now,
    log: silentLog,
    random: () => 0.5,
    ...options,
  }
}

export function testSession(
  network: NetworkOptions,
  options: Partial<SessionOptions> & { scope: GuardScope },
): Session {
  return openNetwork(network).session({
    workspace: 'default',
    run: 'run_test',
    generation: 1,
    ceiling: 'target',
    userAgent: 'mirage-test',
    ...options,
  })
}

export function testTask(session: Session, options: Partial<TaskOptions> = {}): Task {
  return session.task({
    module: 'probe',
    task: 'task_1',
    attempt: 1,
    contact: 'target',
    limits: { group: 'probe' },
    secrets: [],
    signal: new AbortController().signal,
    spend: () => {},
    ...options,
  })
}

/** A GET with limits that no friendly answer reaches. */
export function get(url: string, options: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    url,
    headers: {},
    contact: 'target',
    redirects: 5,
    maxBytes: 1 << 20,
    timeoutMs: 10_000,
    ...options,
  }
}
