import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import { type EntityType, entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { type RelationshipKind, relationshipId } from '@mirage/model/relationship.ts'
import type { DeliveredEvent } from '@mirage/ports/bus.ts'
import { type ObservationBatch, observationsCollected } from '@mirage/services/data-collection/contract.ts'
import { runDrained } from '@mirage/services/scan-orchestration/contract.ts'

export const workspace = 'default'
export const now = Date.parse('2026-03-01T12:00:00Z')

interface Seen {
  see: [EntityType, string]
  from?: [EntityType, string]
  via?: RelationshipKind
  qualifier?: string
  direction?: 'out' | 'in'
  at?: number
  attributes?: Record<string, unknown>
  tags?: string[]
}

function observation(run: string, module: string, seen: Seen): Observation {
  const { see, from, via, qualifier = '', direction = 'out', at = now, attributes, tags } = seen
  const entity = entityRef(...see)
  const source = from && entityRef(...from)
  const [start, end] = direction === 'out' ? [source, entity] : [entity, source]
  const identity = { run, module, source: source?.id, kind: via ?? '', direction, entity: entity.id, key: qualifier }
  return {
    id: observationId(identity),
    entity,
    key: qualifier,
    at,
    exchange: `x-${module}-${at}`,
    ...(source ? { source } : {}),
    ...(via && start && end
      ? { edge: { id: relationshipId(start.id, via, qualifier, end.id), kind: via, qualifier, direction } }
      : {}),
    ...(attributes ? { attributes } : {}),
    ...(tags ? { tags } : {}),
  }
}

/** A run of a small company: five tasks, several batches, things that three rules and a module find worth saying. */
export function batchesOf(run: string): ObservationBatch[] {
  const apex: [EntityType, string] = ['domain', 'northwind.example']
  const batch = (task: number, index: number, module: string, seen: Seen[]): ObservationBatch => ({
    run,
    task,
    attempt: 1,
    index,
    module,
    moduleVersion: 1,
    observations: seen.map((one) => observation(run, module, one)),
    findings: [],
  })
  const names = Array.from({ length: 24 }, (_, at) => `h${at}.northwind.example`)
  const name = (at: number): [EntityType, string] => ['domain', names[at]!]
  const certificate: [EntityType, string] = ['certificate', 'ab'.repeat(32)]
  return [
    batch(0, 0, 'seed', [{ see: apex }]),
    batch(
      1,
      0,
      'crtsh',
      names
        .slice(0, 12)
        .map((_, at) => ({ see: name(at), from: apex, via: 'subdomain', at: now - at, tags: at % 2 ? ['a'] : ['b'] })),
    ),
    batch(
      1,
      1,
      'crtsh',
      names.slice(12).map((_, at) => ({ see: name(at + 12), from: apex, via: 'subdomain', at: now + at })),
    ),
    batch(
      2,
      0,
      'dns-resolve',
      names.map((_, at) => ({
        see: ['ip-address', `198.18.8.${at % 2}`],
        from: name(at),
        via: 'dns_record',
        qualifier: 'A',
        at: now - 5 + at,
        attributes: { ttl: at },
      })),
    ),
    batch(2, 1, 'dns-resolve', [
      { see: ['domain', 'gone.azurewebsites.net'], from: name(3), via: 'dns_record', qualifier: 'CNAME' },
      { see: ['domain', 'shop.azurewebsites.net'], from: name(4), via: 'dns_record', qualifier: 'CNAME' },
    ]),
    batch(3, 0, 'dns-resolve', [
      {
        see: ['ip-address', '198.18.80.5'],
        from: ['domain', 'shop.azurewebsites.net'],
        via: 'dns_record',
        qualifier: 'A',
      },
      {
        see: ['url', 'https://h6.northwind.example/'],
        from: name(8),
        via: 'links_to',
        attributes: { title: 'Grafana' },
      },
    ]),
    batch(4, 0, 'tls-certificate', [
      {
        see: certificate,
        from: name(1),
        via: 'certificate',
        attributes: { notAfter: '2020-02-01T00:00:00.000Z', subject: 'CN=h1.northwind.example' },
        tags: ['expired'],
      },
      { see: name(1), from: certificate, via: 'san_dns_name' },
      {
        see: certificate,
        from: name(2),
        via: 'certificate',
        at: now + 9,
        attributes: { untrusted: 'CERT_HAS_EXPIRED' },
      },
      {
        see: ['url', 'https://h6.northwind.example/'],
        from: name(6),
        via: 'website',
        attributes: { status: 200, title: 'Grafana' },
      },
    ]),
    {
      ...batch(5, 0, 'dns-transfer', []),
      findings: [
        {
          rule: 'dns-transfer.open',
          severity: 'medium',
          title: 'The zone can be transferred by anyone',
          explanation: 'ns1 answered.',
          entities: [entityRef(...apex)],
          exchange: 'x1',
        },
      ],
    },
    // An attempt that was given up: what it saw counts, that it is there is not asked for.
    { ...batch(4, 0, 'tls-certificate', [{ see: certificate, from: name(5), via: 'certificate' }]), attempt: 2 },
  ]
}

export function drainedOf(run: string): DeliveredEvent {
  const batches: [number, number, number, number][] = [
    [0, 0, 1, 1],
    [1, 2, 1, 2],
    [3, 5, 1, 1],
  ]
  return delivered(announcement(runDrained, workspace, `${run}/1`, { run, round: 1, batches }))
}

export function delivered(event: OutgoingEvent): DeliveredEvent {
  return { ...event, publishedAt: now }
}

export function deliveredBatch(batch: ObservationBatch): DeliveredEvent {
  const { run, task, attempt, index } = batch
  return delivered(announcement(observationsCollected, workspace, `${run}/${task}/${attempt}/${index}`, batch))
}
