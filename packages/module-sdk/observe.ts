import type { EntityType } from '@mirage/model/entity.ts'
import type { Severity } from '@mirage/model/finding.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'

export interface SightingOptions {
  /** The kind of the edge between the source and what was seen. Without it the sighting makes no edge. */
  via?: RelationshipKind
  /** Tells edges of one kind apart: the record type of `dns_record`. */
  qualifier?: string
  /** Tells two sightings of the same edge apart: certificate id, port. Default: the qualifier. */
  key?: string
  /** What it was seen from, when not the task's entity: an entity yielded earlier in the same task. */
  from?: { type: EntityType; value: string }
  /** `out` (default): source → entity; `in`: entity → source. */
  direction?: 'out' | 'in'
  /** When the source says it was seen: ISO 8601, or milliseconds. Default: now. */
  seenAt?: string | number | Date | undefined
  attributes?: Record<string, unknown>
  tags?: string[]
  /**
   * The id of the recorded exchange it was read from. Default: the answer that the module was given last, which is the
   * right one unless requests overlap.
   */
  exchange?: string
}

/** What a module yields: a value as it was seen; the platform normalises it, and drops and counts what is not of its type. */
export interface Sighting<P extends EntityType = EntityType> extends SightingOptions {
  kind: 'sighting'
  type: P
  value: string
}

/** A statement about entities that this task yielded or was given. */
export interface Finding {
  kind: 'finding'
  rule: string
  severity: Severity
  title: string
  explanation: string
  /** Default: the task's entity. */
  about?: { type: EntityType; value: string }[]
}

export function observe<const P extends EntityType>(
  type: P,
  value: string,
  options: SightingOptions = {},
): Sighting<P> {
  return { kind: 'sighting', type, value, ...options }
}

export function finding(statement: Omit<Finding, 'kind'>): Finding {
  return { kind: 'finding', ...statement }
}

/**
 * Builds a URL in which every inserted value is encoded, so that no entity steers a request. Half a surrogate pair, which
 * cannot be encoded and may come from any JSON, becomes U+FFFD.
 */
export function url(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(String(value).toWellFormed())))
}
