import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { afterAll } from 'vitest'
import { openDnsEngine } from '../engine.ts'
import type { LaneOptions } from '../lane-options.ts'
import type { DnsLane } from '../lane.ts'
import { a } from './fixture-server.ts'
import type { FixtureServer, Said } from './fixture-server.ts'

/** Opens lanes whose resolvers are these servers, untested unless `probes` says how; each is closed by who opened it. */
export type OpenLane = (servers: FixtureServer[], options?: Partial<LaneOptions>) => DnsLane

/** An engine that a file's tests share, and that is closed after them. */
export function testLanes(): OpenLane {
  const engine = openDnsEngine()
  afterAll(() => engine[Symbol.asyncDispose]())
  return (servers, options) =>
    engine.lane({
      resolvers: servers.map(({ address, port }) => ({ address, port })),
      timeoutMs: 150,
      probes: false,
      ...options,
    })
}

/** One address, whatever was asked. */
export function ok(name: string): Said {
  return { answers: [a(name, '192.0.2.1')] }
}

/** `n0.example.com`, `n1.example.com` and so on. */
export function* numbered(count: number): Generator<DnsQuestion> {
  for (let i = 0; i < count; i++) yield { name: `n${i}.example.com`, type: 'A' }
}

/** All answers to these, by name. */
export async function all(lane: DnsLane, questions: Iterable<DnsQuestion>): Promise<DnsAnswer[]> {
  const answers: DnsAnswer[] = []
  for await (const answer of lane.resolve(questions)) answers.push(answer)
  return answers.toSorted((one, other) => one.name.localeCompare(other.name))
}
