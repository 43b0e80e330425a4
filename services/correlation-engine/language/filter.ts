import type { EntityType } from '@mirage/model/entity.ts'
import type { KnownNode } from '../graph/known-graph.ts'
import { allowsAbsence, type Check, compileCondition, type Condition, isJudgedAlone } from './condition.ts'
import { type PartName, partOf } from './part.ts'
import type { Filter } from './rule.ts'

export interface CompiledFilter {
  types: ReadonlySet<EntityType> | undefined
  /** What never changes: type, value and its parts. */
  fitsValue(type: EntityType, value: string): boolean
  /** All of it, on a node as it is now. */
  fits(node: KnownNode): boolean
  /** What some one sighting of whatever fits must carry; undefined when there is no such thing. */
  sighting: ((seen: Sighting) => boolean) | undefined
  /** It tells more than that there is a value: few sightings pass. */
  isSightingTelling: boolean
  /** Something that is not there makes it fit, so that later sightings may unmake it. */
  allowsAbsence: boolean
}

export function compileFilter(filter: Filter): CompiledFilter {
  const { type, value, tags, withoutTags } = filter
  const types = type === undefined ? undefined : new Set(Array.isArray(type) ? type : [type])
  const parts: [PartName, Check][] = Object.entries(filter.parts ?? {}).map(([name, condition]) => [
    name as PartName, // the schema allows no others
    compileCondition(condition),
  ])
  if (value !== undefined) parts.unshift(['value', compileCondition(value)])
  const attributes = Object.entries(filter.attributes ?? {})
  const attributeChecks = attributes.map(([name, condition]) => [name, compileCondition(condition)] as const)

  function fitsValue(type: EntityType, text: string): boolean {
    if (types && !types.has(type)) return false
    for (const [part, check] of parts) if (!check(partOf(type, text, part), noSurrounding)) return false
    return true
  }

  return {
    types,
    fitsValue,
    fits(node) {
      if (!fitsValue(node.type, node.value)) return false
      if (tags && !tags.some((tag) => node.tags.includes(tag))) return false
      if (withoutTags?.some((tag) => node.tags.includes(tag))) return false
      return attributesFit(attributeChecks, node.attributes, node.lastSeenAt)
    },
    sighting: compileSighting(filter),
    isSightingTelling: tags !== undefined || judgedOf(filter) !== undefined,
    allowsAbsence: withoutTags !== undefined || attributes.some(([, condition]) => allowsAbsence(condition)),
  }
}

export interface Sighting {
  attributes?: Record<string, unknown>
  tags?: string[]
}

/** One necessary condition, the one that tells most: a value that can be judged alone, else a tag, else that there is a value. */
function compileSighting({ attributes = {}, tags }: Filter): CompiledFilter['sighting'] {
  const judged = judgedOf({ attributes })
  if (judged) {
    const [name, condition] = judged
    const check = compileCondition(condition)
    return (seen) => seen.attributes?.[name] !== undefined && check(seen.attributes[name], noSurrounding)
  }
  if (tags) return (seen) => tags.some((tag) => seen.tags?.includes(tag))
  const some = Object.entries(attributes).find(([, condition]) => !allowsAbsence(condition))
  return some && ((seen) => seen.attributes?.[some[0]] !== undefined)
}

/** The attribute whose condition one sighting must pass by itself; that there is one at all tells too little. */
function judgedOf({ attributes = {} }: Filter): [string, Condition] | undefined {
  return Object.entries(attributes).find(
    ([, condition]) => isJudgedAlone(condition) && !(typeof condition === 'object' && 'exists' in condition),
  )
}

export function attributesFit(
  checks: readonly (readonly [string, Check])[],
  attributes: Record<string, { value: unknown }>,
  seenAt: number,
  group?: string,
): boolean {
  const around = {
    seenAt,
    attribute: (name: string) => attributes[name]?.value,
    ...(group === undefined ? {} : { group }),
  }
  return checks.every(([name, check]) => check(attributes[name]?.value, around))
}

/** Parts of a value are judged without regard to when they were seen. */
export const noSurrounding = { seenAt: Number.NaN, attribute: () => undefined }
