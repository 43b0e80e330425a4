import { contentId } from '@mirage/model/id.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import { allowsAbsence, type Check, compileCondition, isJudgedAlone } from './condition.ts'
import { type CompiledFilter, compileFilter } from './filter.ts'
import type { Joined, RuleDefinition } from './rule.ts'
import { compileWording, type Wording } from './wording.ts'

export interface CompiledSet {
  name: string
  kinds: RelationshipKind[]
  direction: 'out' | 'in'
  qualifiers: ReadonlySet<string> | undefined
  seenBy: ReadonlySet<string> | undefined
  edgeChecks: (readonly [string, Check])[]
  /** Those of them that one sighting of the edge must pass by itself. */
  sightingChecks: (readonly [string, Check])[]
  filter: CompiledFilter
  least: number
  most: number
  distinct: string | undefined
  because: Wording | undefined
}

export interface CompiledRule {
  definition: RuleDefinition
  entity: CompiledFilter
  sets: CompiledSet[]
  members: { least: number; most: number; distinct: string | undefined }
  /** The set by whose edges groups of one entity are found; without it they are found by sightings of the entity. */
  anchor: CompiledSet | undefined
  headline: Wording
  explanation: Wording
  because: Wording
  /** More facts can only make it fire, never take it back: it may be evaluated while a run goes on. */
  live: boolean
  /** Groups with fewer members cannot fire. */
  leastMembers: number
}

/** The rule with its conditions as functions. Throws a sentence for what cannot be. */
export function compileRule(definition: RuleDefinition): CompiledRule {
  try {
    const entity = compileFilter(definition.entity)
    const sets = Object.entries(definition.joined ?? {}).map(([name, joined]) => compileSet(name, joined))
    const names = definition.group === 'entity' ? ['entity', ...sets.map((set) => set.name)] : ['members', 'key']
    for (const analysis of definition.analyse ?? []) demandSets(analysis, definition.group === 'entity', names)
    const { least = 1, most = Infinity, distinct } = definition.members ?? {}
    const isByEdge = definition.group === 'entity' && !entity.isSightingTelling
    const anchor = isByEdge ? sets.find((set) => set.least > 0) : undefined
    return {
      definition,
      entity,
      sets,
      members: { least, most, distinct },
      anchor,
      leastMembers: definition.group === 'entity' ? Math.max(1, anchor?.least ?? 1) : least,
      headline: compileWording(definition.headline, names),
      explanation: compileWording(definition.explanation, names),
      because: compileWording(definition.because, ['it']),
      live:
        definition.group !== 'everything' &&
        most === Infinity &&
        !entity.allowsAbsence &&
        !(definition.analyse ?? []).some((analysis) => 'only' in analysis || 'outlier' in analysis) &&
        sets.every((set) => set.most === Infinity && !set.filter.allowsAbsence) &&
        !Object.values(definition.joined ?? {}).some(({ edge }) => Object.values(edge ?? {}).some(allowsAbsence)),
    }
  } catch (error) {
    throw new Error(`rule ${definition.id}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function compileSet(name: string, joined: Joined): CompiledSet {
  const { over, direction, qualifier, seenBy, edge = {}, least, most, distinct, because, ...filter } = joined
  const edgeChecks = Object.entries(edge).map(([attribute, check]) => [attribute, compileCondition(check)] as const)
  return {
    name,
    kinds: Array.isArray(over) ? over : [over],
    direction,
    qualifiers: qualifier === undefined ? undefined : new Set(Array.isArray(qualifier) ? qualifier : [qualifier]),
    seenBy: seenBy && new Set(seenBy),
    edgeChecks,
    sightingChecks: edgeChecks.filter(([attribute]) => isJudgedAlone(edge[attribute]!)),
    filter: compileFilter(filter),
    least: least ?? (most === 0 ? 0 : 1),
    most: most ?? Infinity,
    distinct,
    because: because === undefined ? undefined : compileWording(because, ['it', 'edge', 'entity']),
  }
}

function demandSets(analysis: object, isEntity: boolean, names: string[]): void {
  for (const [method, options] of Object.entries(analysis) as [string, Record<string, string>][]) {
    const isOverMembers = method === 'outlier' || method === 'alike'
    if (isOverMembers === isEntity)
      throw new Error(isEntity ? `“${method}” needs a group of several entities` : `“${method}” needs “group: entity”`)
    for (const end of ['of', 'and', 'notIn'])
      if (options[end] !== undefined && !names.includes(options[end]))
        throw new Error(`“${method}” names “${options[end]}”, which is not joined`)
  }
}

/** What entities have in common as the key of their group: the text itself, or its hash where it is long. */
export function groupKey(common: unknown): string {
  const text = typeof common === 'string' ? common : JSON.stringify(common)
  return text.length <= 128 ? text : contentId(text)
}
