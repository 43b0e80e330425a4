import { compileScope } from '@mirage/model/scope.ts'
import { mostTenants, tenantOf } from '@mirage/model/shared-infrastructure.ts'
import type { EntityType } from '@mirage/model/entity.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import { parentOf } from '../world/parent.ts'
import type { WorldSize } from '../world/size.ts'
import { makeWorld, type World } from '../world/world.ts'
import { accountOracles } from './accounts.ts'
import { addressOracles } from './address.ts'
import { collectorOracles } from './certificates.ts'
import { companyOracles } from './companies.ts'
import { dnsOracles, recordFact } from './dns.ts'
import { exposureOracles } from './exposure.ts'
import { type Fact, keyOf, type Oracle, saw, type Thing, thing } from './fact.ts'
import { fleetTruth } from './fleet.ts'
import { nameOracles } from './names.ts'
import { pageOracles } from './pages.ts'
import { placeOracles } from './places.ts'
import { webOracles } from './web.ts'

/**
 * An entity or a relationship of the world, named as an export of a run names it; the ends are `type:value`. `by` are the
 * modules that can discover it.
 */
export type TruthLine =
  | { kind: 'entity'; type: EntityType; value: string; by: string[] }
  | { kind: 'relationship'; from: string; type: RelationshipKind; qualifier: string; to: string; by: string[] }

export const oracles: readonly Oracle[] = [
  ...dnsOracles,
  ...collectorOracles,
  ...addressOracles,
  ...webOracles,
  ...pageOracles,
  ...accountOracles,
  ...exposureOracles,
  ...nameOracles,
  ...placeOracles,
  ...companyOracles,
]

/** The apex that is scanned. */
const company: Thing = { type: 'domain', value: 'northwind.example' }

/**
 * Every entity and relationship of the world that a scan of the demo company can meet, each once, with the modules that
 * discover it under the default scope. With `modules`, as if only these ran; with `blocks`, as if the scan had these
 * targets, too, which is known of the demo world alone. Memory does not grow with the world.
 */
export async function* labTruth(options: {
  size: WorldSize
  seed: number
  modules?: readonly string[]
  blocks?: readonly string[]
}): AsyncGenerator<TruthLine> {
  const { blocks = [], size } = options
  if (blocks.length > 0 && size !== 'demo')
    throw new RangeError('what a scan of blocks finds is known of the demo world alone')
  const seeds = [company, ...blocks.map((block) => thing('netblock', block))]
  const world = makeWorld(options)
  const known = oracles.filter(({ id }) => options.modules?.includes(id) ?? true)
  const core = coreTruth(world, known, seeds)
  // The fleet adds discoverers to entities that both share, so the hand-made part is printed last.
  for (const line of fleetTruth(world, known, core)) yield line
  yield* core.lines()
}

/** The hand-made part of the truth, small enough to be kept. */
export interface CoreTruth {
  /** Adds a fact; `by` is the module that discovers it, or undefined when none does. */
  add(fact: Fact, by: string | undefined): void
  addEntity(entity: Thing, by: string | undefined): void
  /** True for an entity that is already there. */
  has(entity: Thing): boolean
  /** True when a module discovers the entity. */
  isDiscovered(entity: Thing): boolean
  lines(): Iterable<TruthLine>
}

function coreTruth(world: World, known: readonly Oracle[], seeds: readonly Thing[]): CoreTruth {
  const truth = emptyTruth()
  for (const seed of seeds) truth.addEntity(seed, undefined)
  const own = ownNames(world)
  for (const { fact, by } of closure(world, known, seeds, own)) truth.add(fact, by)
  for (const { name, apex } of own) {
    // The names between a name and its apex exist, too, though they own nothing.
    for (let at = name; at !== apex; at = parentOf(at))
      truth.add(saw(thing('domain', apex), 'subdomain', 'domain', at), undefined)
    for (const record of world.records.get(name) ?? [])
      for (const fact of recordFact(record)) truth.add(fact, undefined)
  }
  return truth
}

/** Every name of the company's zones, those on the way to another included: they exist, whether anybody finds them or not. */
function ownNames(world: World): { name: string; apex: string }[] {
  const found = new Map<string, string>()
  for (const owner of world.records.keys()) {
    const apex = apexes.find((candidate) => owner === candidate || owner.endsWith(`.${candidate}`))
    if (apex === undefined) continue
    for (let name = owner; name.length >= apex.length; name = name.slice(name.indexOf('.') + 1))
      if (!name.startsWith('*.')) found.set(name, apex)
  }
  return [...found].map(([name, apex]) => ({ name, apex }))
}

const apexes = ['northwind.example', 'northwind-shop.example', 'northwind-labs.example', 'northwind-logistics.test']

/** How far truth looks beyond the default scope, for what a wider scan would find. */
const maxDistance = 2

/**
 * Every fact that follows from the seeds: each entity is shown to each oracle that takes it, and what the oracle says is
 * followed in its turn. A fact is discovered when every step that leads to it is allowed at its distance.
 */
function* closure(
  world: World,
  known: readonly Oracle[],
  seeds: readonly Thing[],
  own: readonly { name: string; apex: string }[],
): Generator<{ fact: Fact; by: string | undefined }> {
  const scope = compileScope({ seeds: [...seeds] })
  const distances = new Map<string, number>(seeds.map((seed) => [keyOf(seed), 0]))
  const discovered = new Map(distances)
  const queue: Thing[] = [...seeds]
  // What follows from a name that nobody discovers is true all the same: somebody with a longer list may find it.
  for (const { name, apex } of own) {
    const entity = thing('domain', name)
    distances.set(keyOf(entity), apex === company.value ? 0 : 1)
    queue.push(entity)
  }
  const crawler = known.some(({ id }) => id === 'crawler')
  const isShared = sharingToldBy(world, known)
  // Distances only fall; an entity whose distance fell is looked at again.
  for (let next = queue.shift(); next; next = queue.shift()) {
    const key = keyOf(next)
    const distance = distances.get(key)!
    const reached = discovered.get(key)
    for (const oracle of known) {
      if (!oracle.consumes(next, world)) continue
      const isExtractor = oracle.contact === 'none'
      if (isExtractor && !crawler) continue
      const contact = isExtractor || oracle.onlyInScope ? 'target' : oracle.contact
      const allowed = reached !== undefined && scope.allows(next, reached, contact)
      for (const fact of oracle.facts(next, world)) {
        yield { fact, by: allowed ? oracle.id : undefined }
        const from = fact.source
        const step = scope.step(from, fact.entity, fact.kind, { isShared: isShared(fact.entity) })
        const far = Math.min((distances.get(keyOf(from)) ?? distance) + step, 9)
        const target = keyOf(fact.entity)
        const falls = far < (distances.get(target) ?? 9) && far <= maxDistance
        if (falls) distances.set(target, far)
        const near = (discovered.get(keyOf(from)) ?? reached ?? 9) + step
        const isNearer = allowed && near < (discovered.get(target) ?? 9) && near <= maxDistance
        if (isNearer) discovered.set(target, near)
        if (falls || isNearer) queue.push(fact.entity)
      }
    }
  }
}

/** What a scan comes to know of an address from those who list the names on it: that so many owners share it. */
function sharingToldBy(world: World, known: readonly Oracle[]): (thing: Thing) => boolean {
  const judged = new Map<string, boolean>()
  function judge(address: Thing): boolean {
    const owners = new Set<string>()
    for (const { consumes, facts } of known) {
      if (!consumes(address, world)) continue
      for (const { kind, entity } of facts(address, world)) {
        const owner = kind === 'co_hosted_with' ? tenantOf(entity.value) : undefined
        if (owner !== undefined) owners.add(owner)
      }
    }
    return owners.size > mostTenants
  }
  return (thing) => {
    if (thing.type !== 'ip-address') return false
    const isShared = judged.get(thing.value) ?? judge(thing)
    judged.set(thing.value, isShared)
    return isShared
  }
}

function emptyTruth(): CoreTruth {
  const entities = new Map<string, { entity: Thing; by: Set<string> }>()
  const edges = new Map<
    string,
    { from: string; type: RelationshipKind; qualifier: string; to: string; by: Set<string> }
  >()
  function addEntity(entity: Thing, by: string | undefined): void {
    const key = keyOf(entity)
    const known = entities.get(key) ?? { entity, by: new Set<string>() }
    entities.set(key, known)
    if (by !== undefined) known.by.add(by)
  }
  return {
    addEntity,
    add(fact, by) {
      const ends = [keyOf(fact.source), keyOf(fact.entity)] as const
      const [from, to] = fact.direction === 'out' ? ends : [ends[1], ends[0]]
      const key = `${from}\n${fact.kind}\n${fact.qualifier}\n${to}`
      const known = edges.get(key) ?? { from, type: fact.kind, qualifier: fact.qualifier, to, by: new Set<string>() }
      edges.set(key, known)
      if (by !== undefined) known.by.add(by)
      addEntity(fact.source, undefined)
      addEntity(fact.entity, by)
    },
    has: (entity) => entities.has(keyOf(entity)),
    isDiscovered: (entity) => (entities.get(keyOf(entity))?.by.size ?? 0) > 0,
    *lines() {
      for (const { entity, by } of entities.values()) yield { kind: 'entity', ...entity, by: [...by].sort() }
      for (const { by, ...edge } of edges.values()) yield { kind: 'relationship', ...edge, by: [...by].sort() }
    },
  }
}
