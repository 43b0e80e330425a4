import type { Lane, Plan, Run, RunEvent } from '@mirage/services/scan-orchestration/contract.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import type { ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import type { StoredEntity, StoredRelationship } from '@mirage/services/data-storage/contract.ts'
import { type EntityType, entityId } from '@mirage/model/entity.ts'
import { contentId } from '@mirage/model/id.ts'
import { notFound } from '@mirage/kit/errors.ts'
import type { EventRow } from '@mirage/kit/contract.ts'
import type { PageOf } from '@mirage/kit/schema.ts'
import type { FakeHandlers } from './gateway.ts'

/** What the tests meet: one small run of example.com, as the services would tell of it. */

export const at = '2026-11-21T09:00:00.000Z'

export function sampleRun(changes: Partial<Run> = {}): Run {
  return {
    run: 'run_aaaabbbbcccc',
    scan: 'scan_aaaabbbbcccc',
    name: 'example.com',
    status: 'running',
    losses: 0,
    createdAt: at,
    startedAt: at,
    seconds: 4.2,
    entities: 3,
    observations: 4,
    relationships: 2,
    findings: 1,
    requests: 12,
    queries: 34,
    byType: { domain: 2, 'ip-address': 1 },
    outcomes: { crtsh: { found: 1 }, 'dns-resolve': { found: 1, 'rate-limited': 2 } },
    seeds: [{ type: 'domain', value: 'example.com' }],
    seedCount: 1,
    definition: { seeds: [{ type: 'domain', value: 'example.com' }] },
    ...changes,
  }
}

export function sampleLane(module: string, changes: Partial<Lane> = {}): Lane {
  return {
    module,
    title: module,
    contact: 'stored',
    state: 'planned',
    consumes: ['domain'],
    produces: ['domain'],
    homepage: `https://${module}.example`,
    discloses: false,
    queued: 0,
    running: 0,
    done: 0,
    observations: 0,
    outcomes: {},
    ...changes,
  }
}

const samplePlan: Plan = {
  seeds: [{ id: entityId('domain', 'example.com'), type: 'domain', value: 'example.com' }],
  profile: 'footprint',
  contact: 'target',
  lanes: [
    sampleLane('crtsh'),
    sampleLane('dns-resolve', { contact: 'relayed' }),
    sampleLane('hunter', { state: 'no-key', key: { name: 'HUNTER_API_KEY', where: 'https://hunter.io' } }),
  ],
  contacted: ['the target: packets from this machine', 'crt.sh'],
  missingKeys: [{ module: 'hunter', name: 'HUNTER_API_KEY', where: 'https://hunter.io' }],
  expectedCalls: 2,
  refused: [],
  scope: ['example.com and every name below it'],
}

export function entityEvent(type: EntityType, value: string, changes: object = {}): RunEvent {
  return {
    kind: 'entity',
    id: entityId(type, value),
    type,
    value,
    seed: 'domain:example.com',
    distance: 0,
    scope: 'in',
    tags: [],
    firstSeenAt: at,
    lastSeenAt: at,
    modules: ['crtsh'],
    ...changes,
  }
}

function taskEvent(module: string): RunEvent {
  return {
    kind: 'task',
    task: 1,
    module,
    entities: [entityId('domain', 'example.com')],
    entityCount: 1,
    outcome: 'found',
    observations: 2,
    seconds: 0.4,
  }
}

export function sampleFinding(changes: Partial<Finding> = {}): Finding {
  const mail = { id: entityId('domain', 'mail.example.com'), type: 'domain' as const, value: 'mail.example.com' }
  return {
    id: contentId('finding'),
    rule: 'certificate-expired',
    severity: 'high',
    title: 'Expired certificate on mail.example.com',
    explanation: 'The certificate ended on 2026-01-01, so clients refuse it or learn to ignore the warning.',
    entities: [mail],
    evidence: [{ entity: mail, text: 'presented a certificate that ended on 2026-01-01' }],
    state: 'new',
    origins: 1,
    firstSeenAt: at,
    lastSeenAt: at,
    runs: ['run_aaaabbbbcccc'],
    ...changes,
  }
}

export function storedEntity(type: EntityType, value: string, changes: Partial<StoredEntity> = {}): StoredEntity {
  return {
    id: entityId(type, value),
    type,
    value,
    firstSeenAt: at,
    lastSeenAt: at,
    tags: [],
    modules: ['crtsh'],
    attributes: {},
    falsePositive: false,
    notes: [],
    ...changes,
  }
}

export const sampleEntities: StoredEntity[] = [
  storedEntity('domain', 'example.com', { modules: [] }),
  storedEntity('domain', 'mail.example.com', { tags: ['expired'] }),
  storedEntity('ip-address', '192.0.2.7', { modules: ['dns-resolve'] }),
]

const sampleRelationship: StoredRelationship = {
  id: contentId('relationship'),
  from: entityId('domain', 'example.com'),
  kind: 'subdomain',
  qualifier: '',
  to: entityId('domain', 'mail.example.com'),
  firstSeenAt: at,
  lastSeenAt: at,
  modules: ['crtsh'],
}

export function pageOf<T>(items: T[]): PageOf<T> {
  return { items, total: items.length, totalIsLowerBound: false }
}

/** Handlers that tell of the sample run. `events` are what a watcher is told; the run has ended when they are over. */
export function sampleHandlers(
  options: { run?: Run; events?: AsyncIterable<RunEvent> | RunEvent[]; findings?: Finding[] } = {},
): FakeHandlers {
  const run = options.run ?? sampleRun()
  const findings = options.findings ?? [sampleFinding()]
  const runs = new Map([[run.run, run]])
  const find = (id: string): Run => {
    const found = runs.get(id)
    if (!found) throw notFound('runs', id)
    return found
  }
  const ended: Run = { ...run, status: 'finished', endedAt: at }
  const events = options.events ?? [
    entityEvent('domain', 'example.com', { modules: ['seed'] }),
    entityEvent('domain', 'mail.example.com', { tags: ['expired'] }),
    entityEvent('ip-address', '192.0.2.7', { modules: ['dns-resolve'] }),
    taskEvent('crtsh'),
    { kind: 'progress', run, lanes: samplePlan.lanes },
    { kind: 'ended', run: ended },
  ]
  return {
    scans: {
      planRun: () => samplePlan,
      createRun: () => brief(run),
      listRuns: () => pageOf([...runs.values()].map(brief)),
      getRun: (input) => find(input.run),
      pauseRun: (input) => ({ ...brief(find(input.run)), status: 'paused' }),
      resumeRun: (input) => brief(find(input.run)),
      rerunRun: (input) => brief(find(input.run)),
      cancelRun: (input) => ({ ...brief(find(input.run)), status: 'cancelled' }),
      deleteRun(input) {
        runs.delete(find(input.run).run)
        return {}
      },
      watchRun: (_input, call) => numbered(events, Number(call.lastEventId ?? 0)),
      listLanes: () => pageOf(samplePlan.lanes),
      describeReached: ({ ids }) => ({
        items: sampleEntities
          .filter(({ id }) => ids.includes(id))
          .map(({ id, type, value }) => ({
            id,
            type: type as EntityType, // the samples are made with one
            value,
            seed: 'domain:example.com',
            distance: 0,
            scope: 'in',
          })),
      }),
    },
    storage: {
      searchEntities: ({ query }) =>
        pageOf(query ? sampleEntities.filter(({ type }) => query === `type:${type}`) : sampleEntities),
      exportEntities: () => rows(sampleEntities),
      exportRelationships: () => rows([sampleRelationship]),
      exportObservations: () => rows([]),
    },
    correlation: {
      listFindings: () => pageOf(findings),
      exportFindings: () => rows(findings),
      getFinding: () => findings[0]!,
      changeFinding: ({ state, acceptedUntil }) => ({
        ...findings[0]!,
        state,
        ...(acceptedUntil === undefined ? {} : { acceptedUntil }),
      }),
    },
  }
}

/** A run as every operation but `getRun` answers it. */
function brief({ definition: _definition, ...run }: Run): Run {
  return run
}

/** The events with their numbers, behind the one the watcher knows. */
async function* numbered(
  events: AsyncIterable<RunEvent> | RunEvent[],
  after: number,
): AsyncIterable<EventRow<RunEvent>> {
  let id = 0
  for await (const data of events) if (++id > after) yield { id: String(id), data }
}

export async function* rows<T>(items: T[]): AsyncIterable<T> {
  yield* items
}

/** The sample run, with more handlers. */
export function handlersWith(more: FakeHandlers): FakeHandlers {
  const handlers = sampleHandlers()
  for (const [group, given] of Object.entries(more) as [keyof FakeHandlers, object][])
    handlers[group] = { ...handlers[group], ...given }
  return handlers
}

export function sampleModule(id: string, changes: Partial<ModuleInfo> = {}): ModuleInfo {
  return {
    id,
    version: 1,
    title: id,
    summary: `what ${id} knows`,
    homepage: `https://${id}.example`,
    consumes: [{ type: 'domain' }],
    produces: ['domain'],
    contact: 'stored',
    discloses: false,
    origin: id,
    useCases: ['footprint'],
    flags: [],
    limits: {},
    volatile: [],
    sample: 'example.com',
    batch: 1,
    onlyInScope: false,
    enabled: true,
    ...changes,
  }
}
