import { pagesOf } from '@mirage/kit/pages.ts'
import type { EntityRef } from '@mirage/model/entity.ts'
import type { Severity } from '@mirage/model/finding.ts'
import type { KnownGraph, KnownNode } from '../graph/known-graph.ts'
import { exchangeAttribute } from '../graph/projection.ts'
import { type CompiledRule, type CompiledSet, groupKey } from '../language/compile.ts'
import { countOf, fieldOf, type Item } from '../language/field.ts'
import { attributesFit } from '../language/filter.ts'
import { partOf } from '../language/part.ts'
import type { Wording } from '../language/wording.ts'
import { alikePairs } from './alike.ts'

/** Where a rule looks: what one run saw of a workspace. */
export interface Scene {
  graph: KnownGraph
  workspace: string
  run: string
}

export interface FindingContent {
  rule: string
  severity: Severity
  title: string
  explanation: string
  entities: EntityRef[]
  evidence: { entity: EntityRef; text: string; exchange?: string }[]
  /** How many distinct modules saw the evidence. */
  origins: number
}

/** A finding that is true of a group now. */
export interface Fired {
  /** The group's key, and within `everything` what it is about. */
  key: string
  content: FindingContent
  firstSeenAt: number
  lastSeenAt: number
}

/** No group is looked at further than this. */
const maxMembers = 10_000
const pageSize = 1_000
/** So much of it is kept with a finding. */
const maxEvidence = 100

/** What a rule says of these groups, each as it is now. Groups of which it says nothing are left out. */
export async function evaluateGroups(rule: CompiledRule, scene: Scene, keys: string[]): Promise<Fired[]> {
  const fired: Fired[] = []
  if (rule.definition.group === 'entity') {
    const nodes = await scene.graph.nodes(scene.workspace, keys)
    for (const node of nodes) {
      if (!node || !rule.entity.fits(node)) continue
      const finding = await evaluateEntity(rule, scene, node)
      if (finding) fired.push(finding)
    }
  } else for (const key of keys) fired.push(...(await evaluateMembers(rule, scene, key)))
  return fired
}

async function evaluateEntity(rule: CompiledRule, scene: Scene, node: KnownNode): Promise<Fired | undefined> {
  const joined: Record<string, Item[]> = { entity: [{ node }] }
  // What must be there is looked for first: most groups end here, with one short page.
  for (const set of rule.sets.toSorted((a, b) => b.least - a.least)) {
    const items = await loadSet(set, scene, node)
    const count = countOf(items, set.distinct)
    if (count < set.least || count > set.most) return undefined
    joined[set.name] = items
  }
  for (const analysis of rule.definition.analyse ?? []) if (!applyBetweenSets(analysis, joined)) return undefined
  const shown = rule.sets.flatMap((set) =>
    set.because ? joined[set.name]!.map((item) => ({ item, text: set.because! })) : [],
  )
  if (shown.length === 0) shown.push(...(await ownEdges(scene, node)).map((item) => ({ item, text: rule.because })))
  return composeFinding(rule, node.id, joined, [{ item: { node }, text: rule.because }, ...shown])
}

async function loadSet(set: CompiledSet, scene: Scene, node: KnownNode): Promise<Item[]> {
  const { graph, workspace, run } = scene
  const items: Item[] = []
  for (const kind of set.kinds) {
    const scope = { run, kind, direction: set.direction }
    let limit = Math.min(pageSize, Math.max(set.least + 1, 16))
    for await (const page of pagesOf((place) => graph.neighbours(workspace, node.id, { ...scope, ...place, limit }))) {
      for (const item of page.items) if (belongs(set, item, node)) items.push(item)
      if (items.length >= maxMembers) break
      limit = pageSize
    }
  }
  return items.slice(0, maxMembers)
}

function belongs(set: CompiledSet, { node, edge }: Required<Item>, of: KnownNode): boolean {
  if (set.qualifiers && !set.qualifiers.has(edge.qualifier)) return false
  if (set.seenBy && !edge.modules.some((module) => set.seenBy!.has(module))) return false
  return attributesFit(set.edgeChecks, edge.attributes, edge.lastSeenAt, of.value) && set.filter.fits(node)
}

/** Narrows `of` to what the analysis keeps of it; false when that is too little. */
function applyBetweenSets(analysis: object, joined: Record<string, Item[]>): boolean {
  const entries = Object.entries(analysis) as [
    'both' | 'only',
    Record<'of' | 'and' | 'notIn' | 'by', string> & { least?: number },
  ][]
  for (const [method, options] of entries) {
    const others = new Set((joined[options.and ?? options.notIn] ?? []).map((item) => fieldOf(item, options.by)))
    const kept = joined[options.of]!.filter((item) => {
      const value = fieldOf(item, options.by)
      return value !== undefined && others.has(value) === (method === 'both')
    })
    if (kept.length < (options.least ?? 1)) return false
    joined[options.of] = kept
  }
  return true
}

async function evaluateMembers(rule: CompiledRule, scene: Scene, key: string): Promise<Fired[]> {
  const all = (await loadMembers(scene, rule.definition.id, key)).filter(
    ({ node }) => rule.entity.fits(node) && isOfGroup(rule, node, key),
  )
  const { least, most, distinct } = rule.members
  const count = countOf(all, distinct)
  if (count < least || count > most) return []
  let groups: { key: string; label: string; members: Item[] }[] = [{ key, label: key, members: all }]
  for (const analysis of rule.definition.analyse ?? []) {
    if ('outlier' in analysis) groups = groups.flatMap((group) => outliers(group, analysis.outlier))
    if ('alike' in analysis)
      groups = groups.flatMap(({ key, members }) =>
        alikePairs(members, analysis.alike.by).map(({ names, members }) => ({
          key: [key, ...names].join('\n'),
          label: names.join(', '),
          members,
        })),
      )
  }
  const fired: Fired[] = []
  for (const { key, label, members } of groups) {
    const shown: Item[] = []
    for (const { node } of members.toSorted((a, b) => compare(a.node.id, b.node.id)).slice(0, maxEvidence))
      shown.push(...(await ownEdges(scene, node)))
    fired.push(
      composeFinding(
        rule,
        key,
        { members, key: label },
        shown.map((item) => ({ item, text: rule.because })),
      ),
    )
  }
  return fired
}

function isOfGroup(rule: CompiledRule, node: KnownNode, key: string): boolean {
  const { group } = rule.definition
  if (typeof group === 'string') return true
  const common = 'part' in group ? partOf(node.type, node.value, group.part) : node.attributes[group.attribute]?.value
  return (Array.isArray(common) ? common : [common]).some((one) => one !== undefined && groupKey(one) === key)
}

async function loadMembers({ graph, workspace, run }: Scene, group: string, key: string): Promise<Item[]> {
  const scope = { run, group, key, limit: pageSize }
  const members: Item[] = []
  for await (const { items } of pagesOf((place) => graph.members(workspace, { ...scope, ...place }))) {
    for (const node of items) members.push({ node })
    if (members.length >= maxMembers) break
  }
  return members
}

function outliers(
  { key, members }: { key: string; members: Item[] },
  { by, share }: { by: string; share: number },
): { key: string; label: string; members: Item[] }[] {
  const byValue = Map.groupBy(
    members.filter((item) => fieldOf(item, by) !== undefined),
    (item) => fieldOf(item, by)!,
  )
  const most = share * members.length
  return [...byValue]
    .filter(([, its]) => its.length <= most)
    .map(([value, its]) => ({ key: `${key}\n${groupKey(value)}`, label: value, members: its }))
}

/** How an entity came here, for findings that rest on it alone: its edges, inward ones first, each as evidence of it. */
async function ownEdges({ graph, workspace, run }: Scene, node: KnownNode): Promise<Item[]> {
  for (const direction of ['in', 'out'] as const) {
    const { items } = await graph.neighbours(workspace, node.id, { run, direction, limit: pageSize })
    if (items.length > 0) return items.map(({ edge }) => ({ node, edge }))
  }
  return [{ node }]
}

function composeFinding(
  rule: CompiledRule,
  key: string,
  subjects: Record<string, Item[] | string>,
  shown: { item: Item; text: Wording }[],
): Fired {
  const entities = new Map<string, EntityRef>()
  const evidence = new Map<string, FindingContent['evidence'][number]>()
  const modules = new Set<string>()
  let firstSeenAt = Infinity
  let lastSeenAt = 0
  // In an order of their own, so that the same facts make the same finding whatever order they came in.
  const centre = shown[0]?.item.node.id ?? ''
  const ordered = shown.toSorted(
    (a, b) =>
      Number(b.item.node.id === centre) - Number(a.item.node.id === centre) || compare(idOf(a.item), idOf(b.item)),
  )
  for (const { item, text } of ordered) {
    const { node, edge } = item
    for (const module of edge?.modules ?? []) modules.add(module)
    firstSeenAt = Math.min(firstSeenAt, (edge ?? node).firstSeenAt)
    lastSeenAt = Math.max(lastSeenAt, (edge ?? node).lastSeenAt)
    const { id, type, value } = node
    const entity = { id, type, value }
    if (entities.size < maxEvidence) entities.set(id, entity)
    const words = text({ ...subjects, it: [item], edge: [item] })
    const exchange = edge?.attributes[exchangeAttribute]?.value
    const known = evidence.get(`${id} ${words}`)
    if (known ? known.exchange === undefined : evidence.size < maxEvidence)
      evidence.set(`${id} ${words}`, {
        entity,
        text: words,
        ...(typeof exchange === 'string' ? { exchange } : {}),
      })
  }
  const { id, severity } = rule.definition
  return {
    key,
    content: {
      rule: id,
      severity,
      title: rule.headline(subjects),
      explanation: rule.explanation(subjects),
      entities: [...entities.values()],
      evidence: [...evidence.values()],
      origins: modules.size,
    },
    firstSeenAt: Number.isFinite(firstSeenAt) ? firstSeenAt : lastSeenAt,
    lastSeenAt,
  }
}

function idOf({ node, edge }: Item): string {
  return edge ? `${node.id} ${edge.id}` : node.id
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
