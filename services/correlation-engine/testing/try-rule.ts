import { untakenTags } from '@mirage/model/voices.ts'
import { type EntityRef, type EntityType, entityRef, entityTypes } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { normalise } from '@mirage/model/registry.ts'
import { type RelationshipKind, relationshipId, relationshipKinds } from '@mirage/model/relationship.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { evaluateGroups, type Fired } from '../evaluation/evaluate.ts'
import type { KnownGraph } from '../graph/known-graph.ts'
import { project, type Projection } from '../graph/projection.ts'
import { indexTouches } from '../evaluation/touches.ts'
import { type CompiledRule } from '../language/compile.ts'
import type { RuleTest, Saw } from '../language/rule.ts'

const run = 'run_try'
const defaultAt = '2026-03-01T12:00:00Z'

/**
 * What the rule says of the sightings of one of its tests, by the same code as in service: touched, projected and
 * evaluated. Throws when a sighting is none.
 */
export async function tryRule(rule: CompiledRule, test: RuleTest): Promise<Fired[]> {
  const repeated = Array.from({ length: test.times ?? 1 }, (_, at) =>
    test.saw.map((saw) => JSON.parse(JSON.stringify(saw).replaceAll('{n}', String(at + 1))) as Saw),
  ).flat()
  const projection = project(run, [...repeated, ...(test.also ?? [])].map(batchOf), indexTouches([rule]))
  const keys = [...new Set(projection.members.map(({ key }) => key))]
  return evaluateGroups(rule, { graph: readerOf(projection), workspace: 'default', run }, keys)
}

function batchOf(saw: Saw): ObservationBatch {
  const { by = 'test', at = defaultAt, attributes, tags, direction = 'out' } = saw
  const entity = entityOf(saw.see)
  const source = saw.from === undefined ? undefined : entityOf(saw.from)
  const edge = saw.edge === undefined || !source ? undefined : edgeOf(saw.edge, direction, source, entity)
  const key = edge?.qualifier ?? ''
  const observation: Observation = {
    id: observationId({
      run,
      module: by,
      source: source?.id,
      kind: edge?.kind ?? '',
      direction: edge ? direction : '',
      entity: entity.id,
      key,
    }),
    entity,
    key,
    at: Date.parse(at),
    ...(source ? { source } : {}),
    ...(edge ? { edge } : {}),
    ...(attributes ? { attributes } : {}),
    ...(tags ? { tags } : {}),
  }
  return {
    run,
    task: 1,
    attempt: 1,
    index: 0,
    module: by,
    moduleVersion: 1,
    observations: [observation],
    findings: [],
  }
}

function entityOf(text: string): EntityRef {
  const [type, ...rest] = text.split(' ')
  if (!(entityTypes as readonly string[]).includes(type!)) throw new Error(`“${text}”: there is no type “${type}”`)
  const value = normalise(type as EntityType, rest.join(' ')) // checked above
  if (value === undefined) throw new Error(`“${text}” is no ${type}`)
  return entityRef(type as EntityType, value)
}

function edgeOf(text: string, direction: 'out' | 'in', source: EntityRef, entity: EntityRef): Observation['edge'] {
  const [, kind, qualifier = ''] = /^(\w+)(?:\[(.+)\])?$/.exec(text) ?? []
  if (!(relationshipKinds as readonly string[]).includes(kind!)) throw new Error(`there is no kind “${text}”`)
  const [from, to] = direction === 'out' ? [source, entity] : [entity, source]
  const checked = kind as RelationshipKind // checked above
  return { id: relationshipId(from.id, checked, qualifier, to.id), kind: checked, qualifier, direction }
}

function readerOf({ nodes, edges, members }: Projection): KnownGraph {
  const byId = new Map(nodes.map((node) => [node.id, { ...node, tags: untakenTags(node.tags, () => false) }]))
  return {
    nodes: async (_, ids) => ids.map((id) => byId.get(id)),
    neighbours: async (_, id, { kind, direction }) => ({
      items: edges
        .filter((edge) => kind === undefined || edge.kind === kind)
        .flatMap((edge) => [
          ...(edge.from === id && direction !== 'in' ? [{ edge, node: byId.get(edge.to)! }] : []),
          ...(edge.to === id && direction !== 'out' ? [{ edge, node: byId.get(edge.from)! }] : []),
        ]),
    }),
    members: async (_, { group, key }) => ({
      items: members.filter((one) => one.group === group && one.key === key).map(({ node }) => byId.get(node)!),
    }),
  }
}
