import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Observation } from '@mirage/model/observation.ts'
import { type CompiledRule, type CompiledSet, groupKey } from '../language/compile.ts'
import { noSurrounding } from '../language/filter.ts'
import { partOf } from '../language/part.ts'

type Toucher = (observation: Observation, touched: (rule: CompiledRule, key: string, node: string) => void) => void

export interface TouchIndex {
  /**
   * Every group that this observation, seen by `module`, may change, with the member that it brings: what is joined to
   * the group's entity where several are needed, else the entity. Looks only at rules of its edge's kind or its
   * entity's type.
   */
  touch(
    observation: Observation,
    module: string,
    touched: (rule: CompiledRule, key: string, node: string) => void,
  ): void
}

/**
 * The touch functions of all rules. A group that fires has an entity for which every condition holds, so it is enough
 * to touch it by the sightings that one necessary condition rests on: a value that one sighting must carry, an edge that
 * must be there, else a tag or an attribute, else the entity itself.
 */
export function indexTouches(rules: CompiledRule[]): TouchIndex {
  const byEdge = new Map<string, Toucher[]>()
  const byType = new Map<EntityType | '', Toucher[]>()
  for (const rule of rules) {
    const { anchor } = rule
    if (anchor) {
      for (const kind of anchor.kinds)
        for (const module of anchor.seenBy ?? ['']) append(byEdge, `${kind} ${module}`, edgeToucher(rule, anchor))
    } else for (const type of rule.entity.types ?? ['' as const]) append(byType, type, entityToucher(rule))
  }
  const ofAll = byType.get('') ?? []
  return {
    touch(observation, module, touched) {
      const { edge, entity } = observation
      if (edge) {
        for (const toucher of byEdge.get(`${edge.kind} `) ?? none) toucher(observation, touched)
        for (const toucher of byEdge.get(`${edge.kind} ${module}`) ?? none) toucher(observation, touched)
      }
      for (const toucher of byType.get(entity.type) ?? none) toucher(observation, touched)
      for (const toucher of ofAll) toucher(observation, touched)
    },
  }
}

const none: Toucher[] = []

function append<K>(map: Map<K, Toucher[]>, key: K, toucher: Toucher): void {
  const list = map.get(key)
  if (list) list.push(toucher)
  else map.set(key, [toucher])
}

function edgeToucher(rule: CompiledRule, anchor: CompiledSet): Toucher {
  return ({ edge, source, entity, attributes }, touched) => {
    if (!edge || !source || (anchor.qualifiers && !anchor.qualifiers.has(edge.qualifier))) return
    const isCentreEntity = (edge.direction === 'out') !== (anchor.direction === 'out')
    const centre: EntityRef = isCentreEntity ? entity : source
    const other: EntityRef = isCentreEntity ? source : entity
    if (rule.entity.types && !rule.entity.types.has(centre.type)) return
    if (anchor.filter.types && !anchor.filter.types.has(other.type)) return
    for (const [name, check] of anchor.sightingChecks)
      if (!check(attributes?.[name], { ...noSurrounding, group: centre.value })) return
    if (!rule.entity.fitsValue(centre.type, centre.value) || !anchor.filter.fitsValue(other.type, other.value)) return
    touched(rule, centre.id, anchor.least > 1 ? other.id : centre.id)
  }
}

function entityToucher(rule: CompiledRule): Toucher {
  const { entity, definition } = rule
  const { group } = definition
  return (observation, touched) => {
    if (entity.sighting && !entity.sighting(observation)) return
    const { id, type, value } = observation.entity
    if (!entity.fitsValue(type, value)) return
    if (group === 'entity') touched(rule, id, id)
    else if (group === 'everything') touched(rule, '', id)
    else {
      const common = 'part' in group ? partOf(type, value, group.part) : observation.attributes?.[group.attribute]
      for (const one of Array.isArray(common) ? common : [common])
        if (one !== undefined && one !== null && one !== '') touched(rule, groupKey(one), id)
    }
  }
}
