import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteGraph } from '@mirage/adapters/sqlite/graph.ts'
import { systemClock } from '@mirage/kit/clock.ts'
import { consume } from '@mirage/kit/consume.ts'
import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { type EntityType, entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { type RelationshipKind, relationshipId } from '@mirage/model/relationship.ts'
import { correlationEngine } from '@mirage/services/correlation-engine/service.ts'
import { type ObservationBatch, observationsCollected } from '@mirage/services/data-collection/contract.ts'
import { runDrained } from '@mirage/services/scan-orchestration/contract.ts'
import { type Figure, tableOf } from './figure.ts'

const observations = 150_000
const hosts = 40_000
const batchSize = 500
const batchesAtOnce = 20
const run = 'run_bench'
const at = Date.parse('2026-03-01T12:00:00Z')

const noPage = async () => ({ items: [] })
const nothingStored = {
  listAppliedBatches: noPage,
  listVoices: noPage,
  listRetold: noPage,
  listDrainedRuns: noPage,
} as never // only these are asked

type Thing = [EntityType, string]

/** A large company as its scan sees it: names, addresses, sites, certificates, ports, in the order modules bring them. */
function* sightings(): Generator<{ module: string; observation: Observation }> {
  const see = (
    module: string,
    from: Thing,
    via: RelationshipKind,
    thing: Thing,
    attributes?: Record<string, unknown>,
    qualifier = '',
  ) => {
    const [source, entity] = [entityRef(...from), entityRef(...thing)]
    const identity = { run, module, source: source.id, kind: via, direction: 'out', entity: entity.id, key: qualifier }
    const edge = {
      id: relationshipId(source.id, via, qualifier, entity.id),
      kind: via,
      qualifier,
      direction: 'out' as const,
    }
    const observation: Observation = { id: observationId(identity), entity, source, edge, key: qualifier, at }
    if (attributes) observation.attributes = attributes
    return { module, observation: { ...observation, exchange: `${module}/${qualifier || via}` } }
  }
  const apex: Thing = ['domain', 'northwind.example']
  for (let n = 0; n < hosts; n++) {
    const host: Thing = ['domain', `${n % 40 === 0 ? 'vpn' : 'h'}${n}.d${n % 97}.northwind.example`]
    const address: Thing = ['ip-address', `198.${18 + (n >> 15)}.${(n >> 7) & 255}.${n & 127}`]
    yield see('crtsh', apex, 'subdomain', host, { issuer: 'C=NO, O=Lab Trust, CN=Lab Trust R3' })
    yield see('dns-resolve', host, 'dns_record', address, { ttl: 300 }, 'A')
    if (n % 20 === 0)
      yield see('dns-resolve', host, 'dns_record', ['domain', `app${n}.azurewebsites.net`], { ttl: 300 }, 'CNAME')
    if (n % 2 === 0) {
      const url: Thing = ['url', `https://${host[1]}/`]
      const status = n % 7 === 0 ? 404 : 200
      yield see('http-probe', host, 'website', url, { status, title: 'Welcome', server: 'nginx', address: address[1] })
      yield see('http-probe', url, 'product_used', ['technology', 'nginx'], {
        version: n % 500 === 0 ? '1.18.0' : '1.28.0',
      })
      if (n % 8 === 0) yield see('http-probe', url, 'uses_fingerprint', ['fingerprint', `favicon-mmh3:${n % 50}`])
    }
    if (n % 4 === 0) {
      const certificate: Thing = ['certificate', n.toString(16).padStart(64, '0')]
      const notAfter = n % 400 === 0 ? '2020-01-01T00:00:00.000Z' : '2027-01-01T00:00:00.000Z'
      yield see('tls-certificate', host, 'certificate', certificate, {
        notAfter,
        subject: `CN=${host[1]}`,
        protocol: 'TLSv1.3',
      })
      yield see('tls-certificate', certificate, 'san_dns_name', host)
    }
    if (n % 10 === 0) {
      const port = n % 200 === 0 ? 6379 : 443
      yield see('port-scan', address, 'port', ['open-port', `${address[1]}:${port}/tcp`])
    }
    if (n % 50 === 0)
      yield see('crawler', ['url', `https://${host[1]}/`], 'mentions', ['email', `p${n % 900}@northwind.example`])
  }
}

function batches(): ObservationBatch[] {
  const made: ObservationBatch[] = []
  const open = new Map<string, Observation[]>()
  let left = observations
  const close = (module: string) => {
    const batch = { run, task: made.length, attempt: 1, index: 0, module, moduleVersion: 1, findings: [] }
    made.push({ ...batch, observations: open.get(module)! })
    open.delete(module)
  }
  for (const { module, observation } of sightings()) {
    if (left-- === 0) break
    let list = open.get(module)
    if (!list) open.set(module, (list = []))
    if (list.push(observation) === batchSize) close(module)
  }
  for (const module of open.keys()) close(module)
  return made
}

/** How fast batches become graph, and how long all shipped rules take over all of it when a run has drained. */
export async function benchRules(): Promise<Figure[]> {
  const path = mkdtempSync(join(tmpdir(), 'mirage-bench-'))
  const documents = await openSqliteDocuments({ path: join(path, 'documents.db'), perWorkspace: false, use: 'data' })
  const graph = await openSqliteGraph({ path: join(path, 'graph') })
  const stop = new AbortController()
  const announced: OutgoingEvent[] = []
  const running = await correlationEngine.start({
    documents,
    graph,
    scans: { getRun: async () => ({ status: 'running', losses: 0 }) } as never, // only this is asked
    storage: nothingStored,
    settings: { evaluateEveryMs: 3_600_000 },
    clock: systemClock,
    log: silentLog,
    metrics: openMetrics('correlation-engine'),
    signal: stop.signal,
    announce: async (events) => void announced.push(...events),
    caughtUp: async () => undefined,
  })
  const deliver = async (events: OutgoingEvent[]) => {
    const consumer = running.consumes!.find(({ event }) => event.name === events[0]!.name)!
    const poison = { log: silentLog, signal: stop.signal, setAside: () => Promise.reject(new Error('set aside')) }
    await consume(
      consumer,
      events.map((event) => ({ ...event, publishedAt: at })),
      poison,
    )
  }
  try {
    const all = batches()
    const count = all.reduce((sum, batch) => sum + batch.observations.length, 0)
    const events = all.map((batch) => announcement(observationsCollected, 'default', `${run}/${batch.task}/1/0`, batch))
    let cpu = process.cpuUsage()
    let start = performance.now()
    for (let first = 0; first < events.length; first += batchesAtOnce)
      await deliver(events.slice(first, first + batchesAtOnce))
    const upsertMs = performance.now() - start
    const upsertCpuMs = milliseconds(process.cpuUsage(cpu))
    cpu = process.cpuUsage()
    const ranges: [number, number, number, number][] = [[0, all.length - 1, 1, 1]]
    start = performance.now()
    await deliver([announcement(runDrained, 'default', run, { run, round: 1, batches: ranges })])
    const rulesMs = performance.now() - start
    const rulesCpuMs = milliseconds(process.cpuUsage(cpu))
    const { counts } = JSON.parse(announced.at(-1)!.body) as { counts: { findings: number } }
    return [
      {
        name: 'observations into the graph',
        value: Math.round((count / upsertMs) * 1000),
        unit: 'observations/s',
        limit: 28_500,
      },
      { name: 'graph time an observation', value: Math.round((upsertMs / count) * 10_000) / 10, unit: 'µs', limit: 35 },
      { name: `all rules over ${count} observations`, value: Math.round(rulesMs), unit: 'ms', limit: 5_000 },
      { name: 'processor time an observation', value: Math.round((upsertCpuMs / count) * 10_000) / 10, unit: 'µs' },
      { name: 'processor time of these rules', value: Math.round(rulesCpuMs), unit: 'ms' },
      { name: 'findings of these rules', value: counts.findings, unit: 'findings' },
    ]
  } finally {
    stop.abort()
    await running[Symbol.asyncDispose]?.()
    await documents[Symbol.asyncDispose]()
    await graph[Symbol.asyncDispose]()
    rmSync(path, { recursive: true, force: true })
  }
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

if (import.meta.main) console.log(tableOf(await benchRules()))
