import type { DnsAnswer, DnsQuestion, DnsRecord } from '@mirage/model/exchange.ts'
import type { DnsEngine } from '../dns/engine.ts'
import { engineFailure } from '../dns/engine-failure.ts'
import type { DnsLane } from '../dns/lane.ts'

/** A DNS engine without a network: `zone` is `name TYPE` → data; what is not in it does not exist. */
export interface TestEngine extends DnsEngine {
  /** Every `name TYPE` that was asked, in order. */
  asked: string[]
  zone: Record<string, string[] | 'TIMEOUT'>
  /** Single questions are answered after this. */
  held?: Promise<void>
  /** The thread dies: whoever asks a lane that is there hears of it. */
  die(): void
}

/** With a `ttl` answers hold for so many seconds. */
export function testEngine(zone: TestEngine['zone'], { ttl }: { ttl?: number } = {}): TestEngine {
  const asked: string[] = []

  function exists(name: string): boolean {
    return Object.keys(engine.zone).some((key) => key.startsWith(`${name} `))
  }

  function answer({ name, type }: DnsQuestion): DnsAnswer {
    asked.push(`${name} ${type}`)
    const data = engine.zone[`${name} ${type}`]
    const alias = type === 'CNAME' ? undefined : engine.zone[`${name} CNAME`]
    if (Array.isArray(alias)) {
      const records = alias.map((data): DnsRecord => ({ name, type: 'CNAME', ttl: 60, data }))
      const target = answer({ name: alias[0]!, type })
      return { ...target, name, type, records: [...records, ...target.records] }
    }
    if (data === 'TIMEOUT') return { name, type, status: 'TIMEOUT', records: [], server: '' }
    const records = (data ?? []).map((data): DnsRecord => ({ name, type, ttl: 60, data }))
    const status = data !== undefined ? 'NOERROR' : exists(name) ? 'NODATA' : 'NXDOMAIN'
    return { name, type, status, records, server: '198.18.0.53', ...(ttl !== undefined && { ttl }) }
  }

  let deaths = 0

  function lane(): DnsLane {
    const born = deaths
    const mustLive = (): void => {
      if (deaths > born) throw engineFailure('it was ended by the test')
    }
    // The parts of a lane that the network uses; a test that reaches another part fails with its name.
    return {
      servers: ['198.18.0.53'],
      get isLost() {
        return deaths > born
      },
      async *resolve(questions: Iterable<DnsQuestion> | AsyncIterable<DnsQuestion>, signal?: AbortSignal) {
        for await (const question of questions) {
          signal?.throwIfAborted()
          mustLive()
          yield answer(question)
        }
      },
      async ask(question: DnsQuestion, signal?: AbortSignal) {
        const found = answer(question)
        await engine.held
        signal?.throwIfAborted()
        mustLive()
        return found
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    } as unknown as DnsLane
  }

  const engine: TestEngine = {
    asked,
    zone,
    lane,
    die: () => void deaths++,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return engine
}
