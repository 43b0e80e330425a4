import { type EntityRef, type EntityType, entityRef } from '@mirage/model/entity.ts'
import { type ModuleFinding, type Observation, observationId } from '@mirage/model/observation.ts'
import { normalise } from '@mirage/model/registry.ts'
import { relationshipId } from '@mirage/model/relationship.ts'
import type { Module } from './define.ts'
import { ModuleError } from './error.ts'
import type { Finding, Sighting } from './observe.ts'

/** References remembered before the memory is emptied; the names of one answer repeat often. */
const remembered = 10_000

const maxAttributeLength = 4096

export interface RecordOptions {
  run: string
  entities: EntityRef[]
  /** Milliseconds since 1970, for sightings that say no time. */
  now: () => number
}

/**
 * Makes records of what one task yields: values normalised, ids computed, text bounded. Undefined for what is not of
 * its type or was not declared in `produces`.
 */
export class Recorder {
  #module: Pick<Module, 'id'>
  #options: RecordOptions
  #produces: Set<EntityType>
  #refs = new Map<string, EntityRef | undefined>()

  constructor(module: Pick<Module, 'id' | 'produces'>, options: RecordOptions) {
    this.#module = module
    this.#options = options
    this.#produces = new Set(module.produces)
  }

  observation(sighting: Sighting, exchange: string | undefined): Observation | undefined {
    if (!this.#produces.has(sighting.type)) return undefined
    const entity = this.#ref(sighting.type, sighting.value)
    const source = this.#source(sighting)
    if (!entity || !source) return undefined
    const edge = source.id === entity.id ? undefined : edgeOf(sighting, source, entity)
    const key = (sighting.key ?? sighting.qualifier ?? '').slice(0, 512)
    const id = observationId({
      run: this.#options.run,
      module: this.#module.id,
      source: source.id,
      kind: edge?.kind ?? '',
      direction: edge?.direction ?? '',
      entity: entity.id,
      key,
    })
    const observation: Observation = {
      id,
      entity,
      source,
      key,
      at: instantOf(sighting.seenAt) ?? this.#options.now(),
    }
    if (edge) observation.edge = edge
    if (sighting.value !== entity.value) observation.raw = sighting.value.slice(0, 16_384).toWellFormed()
    const attributes = sighting.attributes && boundAttributes(sighting.attributes)
    if (attributes) observation.attributes = attributes
    if (sighting.tags && sighting.tags.length > 0) observation.tags = [...new Set(sighting.tags)].sort()
    const evidence = sighting.exchange ?? exchange
    if (evidence !== undefined) observation.exchange = evidence
    return observation
  }

  finding(statement: Finding, exchange: string | undefined): ModuleFinding | undefined {
    const about = statement.about?.map(({ type, value }) => this.#ref(type, value)) ?? this.#options.entities
    const entities = about.filter((entity) => entity !== undefined).slice(0, 100)
    if (entities.length === 0) return undefined
    const { rule, severity, title, explanation } = statement
    return { rule, severity, title, explanation, entities, ...(exchange === undefined ? {} : { exchange }) }
  }

  #source(sighting: Sighting): EntityRef | undefined {
    if (sighting.from) return this.#ref(sighting.from.type, sighting.from.value)
    const [only, ...others] = this.#options.entities
    if (only && others.length === 0) return only
    throw new ModuleError(
      'failed',
      `${this.#module.id} yielded ${sighting.type} “${sighting.value}” for a batch without saying \`from\` which entity.`,
    )
  }

  #ref(type: EntityType, value: string): EntityRef | undefined {
    const name = `${type}\n${value}`
    if (this.#refs.has(name)) return this.#refs.get(name)
    const canonical = normalise(type, value)
    const ref = canonical === undefined ? undefined : entityRef(type, canonical)
    if (this.#refs.size >= remembered) this.#refs.clear()
    this.#refs.set(name, ref)
    return ref
  }
}

function edgeOf(sighting: Sighting, source: EntityRef, entity: EntityRef): Observation['edge'] {
  if (!sighting.via) return undefined
  const { via: kind, qualifier = '', direction = 'out' } = sighting
  const [from, to] = direction === 'out' ? [source, entity] : [entity, source]
  return { id: relationshipId(from.id, kind, qualifier, to.id), kind, qualifier, direction }
}

/**
 * Milliseconds of what a source says: a time without a zone is UTC (crt.sh writes `2026-01-31T09:30:00`), not the
 * local time that `Date` would take it for. Undefined for what is no time.
 */
export function instantOf(value: string | number | Date | undefined | null): number | undefined {
  const zoned =
    typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*$/.test(value)
      ? `${value.replace(' ', 'T')}Z`
      : value
  const ms =
    zoned === undefined || zoned === null ? Number.NaN : typeof zoned === 'number' ? zoned : new Date(zoned).getTime()
  return Number.isFinite(ms) ? Math.round(ms) : undefined
}

function boundAttributes(attributes: Record<string, unknown>): Record<string, unknown> | undefined {
  const bounded: Record<string, unknown> = {}
  let any = false
  for (const name in attributes) {
    const value = attributes[name]
    if (value === undefined || value === null || value === '' || name === '__proto__') continue
    bounded[name] = typeof value === 'string' ? value.slice(0, maxAttributeLength).toWellFormed() : value
    any = true
  }
  return any ? bounded : undefined
}
