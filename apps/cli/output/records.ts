import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import type { StoredEntity, StoredObservation, StoredRelationship } from '@mirage/services/data-storage/contract.ts'
import type { Reached, Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { EntityEvent, TaskEvent } from '../scan/watch.ts'

/** The records that `--json` and the exports write. Their fields are fixed: scripts live for ever. New ones may come. */
export const format = 'mirage/1'

export function runRecord(run: Run): object {
  const { definition, scan, name, status, createdAt, seeds, seedCount } = run
  return { kind: 'run', format, run: run.run, scan, name, status, createdAt, seeds, seedCount, definition }
}

export function entityRecord(run: string, entity: EntityEvent): object {
  const { id, type, value, seed, distance, scope, tags, firstSeenAt, lastSeenAt, modules } = entity
  return { kind: 'entity', id, type, value, run, seed, distance, scope, tags, firstSeenAt, lastSeenAt, modules }
}

/** An entity as it is stored, with where it stands in the run. */
export function storedEntityRecord(run: string, entity: StoredEntity, reached: Reached | undefined): object {
  const { id, type, value, tags, firstSeenAt, lastSeenAt, modules, attributes, falsePositive, notes } = entity
  return {
    kind: 'entity',
    id,
    type,
    value,
    run,
    seed: reached?.seed ?? null,
    distance: reached?.distance ?? null,
    scope: reached?.scope ?? null,
    tags,
    firstSeenAt,
    lastSeenAt,
    modules,
    attributes,
    falsePositive,
    notes,
  }
}

/** `type` is the kind of the relationship: `kind` says what line this is. */
export function relationshipRecord(run: string, relationship: StoredRelationship): object {
  const { id, from, kind, qualifier, to, firstSeenAt, lastSeenAt, modules } = relationship
  return { kind: 'relationship', id, run, from, type: kind, qualifier, to, firstSeenAt, lastSeenAt, modules }
}

/** `type` is the kind of the relationship it makes, absent where it makes none. */
export function observationRecord({ kind, ...observation }: StoredObservation): object {
  return { kind: 'observation', ...observation, ...(kind === undefined ? {} : { type: kind }) }
}

export function findingRecord(run: string, finding: Finding): object {
  const { id, severity, rule, title, explanation, entities, evidence, state, ...rest } = finding
  return { kind: 'finding', id, run, severity, rule, title, explanation, entities, evidence, state, ...rest }
}

export function taskRecord(run: string, { kind, ...task }: TaskEvent): object {
  return { kind, run, ...task }
}

export function summaryRecord(run: Run): object {
  const { status, stopReason, seconds, requests, queries, entities, observations, relationships, findings } = run
  return {
    kind: 'summary',
    run: run.run,
    status,
    stopReason: stopReason ?? null,
    seconds,
    requests,
    queries,
    entities,
    observations,
    relationships,
    findings,
    losses: run.losses,
    byType: run.byType,
    outcomes: run.outcomes,
  }
}
