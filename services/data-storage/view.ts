import { toInstant } from '@mirage/kit/clock.ts'
import type { Stamped } from '@mirage/ports/documents.ts'
import type { StoredEntity, StoredObservation, StoredRelationship } from './contract.ts'
import type { EntityDocument, MarkDocument, ObservationDocument, RelationshipDocument } from './store.ts'

/** `tags` are those that modules gave and that hold. */
export function viewEntity(entity: EntityDocument, tags: string[], mark: MarkDocument | undefined): StoredEntity {
  const { id, type, value, modules } = entity
  return {
    id,
    type,
    value,
    firstSeenAt: toInstant(entity.firstSeenAt),
    lastSeenAt: toInstant(entity.lastSeenAt),
    tags: [...new Set([...tags, ...(mark?.tags ?? [])])].sort(),
    modules: [...modules].sort(),
    attributes: plain(entity.attributes),
    falsePositive: mark?.falsePositive ?? false,
    notes: (mark?.notes ?? []).map(({ at, text }) => ({ at: toInstant(at), text })),
  }
}

export function viewObservation(observation: ObservationDocument): StoredObservation {
  const { firstSeenAt, lastSeenAt, attributes, tags, ...rest } = observation
  return {
    ...rest,
    firstSeenAt: toInstant(firstSeenAt),
    lastSeenAt: toInstant(lastSeenAt),
    attributes: plain(attributes),
    tags: Object.keys(tags).sort(),
  }
}

export function viewRelationship(relationship: RelationshipDocument): StoredRelationship {
  const { id, from, kind, qualifier, to, firstSeenAt, lastSeenAt, modules } = relationship
  return {
    id,
    from,
    kind,
    qualifier,
    to,
    firstSeenAt: toInstant(firstSeenAt),
    lastSeenAt: toInstant(lastSeenAt),
    modules: [...modules].sort(),
  }
}

export function plain(attributes: Record<string, Stamped>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(attributes)
      .sort()
      .map((name) => [name, attributes[name]!.value]),
  )
}
