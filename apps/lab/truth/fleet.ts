import { namesPerCertificate } from '../world/fleet.ts'
import { fleetServices } from '../world/indexed.ts'
import { isHostSearched } from '../world/passive.ts'
import { isListed } from '../world/transparency.ts'
import type { World } from '../world/world.ts'
import { certificateFacts } from './certificates.ts'
import { recordFact, recordsOf } from './dns.ts'
import { type Fact, keyOf, type Oracle, saw, type Thing, thing } from './fact.ts'
import type { CoreTruth, TruthLine } from './truth.ts'

const apex = thing('domain', 'northwind.example')

/**
 * The truth about the names of the larger worlds, one name after the other, in memory that does not grow. Everything of
 * the fleet is at distance 0, so whatever is asked about is allowed. What a name shares with the hand-made world
 * (products, networks, mailboxes) is added to `core`. Which names a restricted set of modules reaches is judged one step
 * deep: through collectors, or through the address of a name that collectors list.
 */
export function* fleetTruth(world: World, known: readonly Oracle[], core: CoreTruth): Generator<TruthLine> {
  const { fleet } = world
  const judge = makeJudge(world, new Set(known.map(({ id }) => id)))
  // The names between the apex and the fleet's: word lists may hold them, none that is promised does.
  for (const site of fleet.sites) core.add(saw(apex, 'subdomain', 'domain', site), undefined)
  for (let certificate = 0; certificate < fleet.certificates; certificate++) {
    yield* certificateLines(world, certificate, judge, core)
    const start = certificate * namesPerCertificate
    for (let index = start; index < Math.min(start + namesPerCertificate, fleet.names); index++) {
      yield* nameLines(world, index, judge, known, core)
      if (index < fleet.slots) yield* slotLines(world, index, judge, known, core)
    }
  }
}

/** Who discovers what of the fleet. */
interface Judge {
  /** Collectors that list a name. */
  byCollectors(index: number): string[]
  /** Who tells the address of a slot: through the records of any of its names. */
  byRecords(slot: number): string[]
  /** Everyone who discovers a name. */
  ofName(index: number): string[]
  /** True when some server presents the certificate to somebody who asks. */
  isPresented(certificate: number): boolean
  has(module: string): boolean
}

function makeJudge({ fleet, ...world }: World, modules: ReadonlySet<string>): Judge {
  const whole: World = { fleet, ...world }
  const has = (module: string): boolean => modules.has(module)
  function byCollectors(index: number): string[] {
    const by: string[] = []
    const certificate = fleet.certificateOf(index)
    for (const search of ['certspotter', 'crtsh'] as const)
      if (certificate >= 0 && isListed(search, certificate) && has(search)) by.push(search)
    if (isHostSearched(whole, index) && has('hackertarget')) by.push('hackertarget')
    return by
  }
  function byRecords(slot: number): string[] {
    const by = new Set<string>()
    for (const index of fleet.namesAt(slot)) {
      const collectors = byCollectors(index)
      if (collectors.length > 0 && has('dns-resolve')) by.add('dns-resolve')
      if (collectors.includes('hackertarget')) by.add('hackertarget')
    }
    return [...by]
  }
  /** The first name of a slot is its PTR name, and what scanners call it. */
  function byAddress(index: number): string[] {
    if (index >= fleet.slots || byRecords(index).length === 0) return []
    const isIndexed = fleet.isIndexed(index) && fleetServices(whole, index).length > 0
    return ['dns-reverse', ...(isIndexed ? ['internetdb', 'shodan'] : [])].filter(has)
  }
  function isPresented(certificate: number): boolean {
    if (!has('tls-certificate')) return false
    const start = certificate * namesPerCertificate
    for (let index = start; index < Math.min(start + namesPerCertificate, fleet.names); index++) {
      const fate = fleet.fateOf(index)
      const isServed = (fate === 'host' || fate === 'dual') && fleet.isWeb(index % fleet.slots)
      if (isServed && (byCollectors(index).length > 0 || byAddress(index).length > 0)) return true
      const isOpen = has('port-scan') || (has('internetdb') && fleet.isIndexed(index))
      if (index < fleet.slots && fleet.isWeb(index) && isOpen && byRecords(index).length > 0) return true
    }
    return false
  }
  return {
    has,
    byCollectors,
    byRecords,
    isPresented,
    ofName(index) {
      const certificate = fleet.certificateOf(index)
      const byCertificate = certificate >= 0 && isPresented(certificate) ? ['tls-certificate'] : []
      return [...byCollectors(index), ...byAddress(index), ...byCertificate]
    },
  }
}

/** A certificate of the fleet, who holds it, and the names in it. */
function* certificateLines(world: World, number: number, judge: Judge, core: CoreTruth): Generator<TruthLine> {
  const certificate = world.certificates.ofFleet(number)
  const leaf = thing('certificate', certificate.fingerprint)
  const logged = isListed('certspotter', number) && judge.has('certspotter') ? ['certspotter'] : []
  const presented = judge.isPresented(number) ? ['tls-certificate'] : []
  yield entityLine(leaf, [...logged, ...presented])
  if (isListed('certspotter', number)) yield edgeLine(saw(apex, 'certificate', 'certificate', leaf.value), logged)
  for (const fact of certificateFacts(world, certificate)) {
    yield edgeLine(fact, fact.kind === 'san_dns_name' ? [...logged, ...presented] : presented)
    if (fact.entity.type === 'certificate') core.addEntity(fact.entity, presented[0])
  }
}

function* nameLines(
  world: World,
  index: number,
  judge: Judge,
  known: readonly Oracle[],
  core: CoreTruth,
): Generator<TruthLine> {
  const name = thing('domain', world.fleet.nameOf(index))
  const by = judge.ofName(index)
  yield entityLine(name, by)
  yield edgeLine(saw(apex, 'subdomain', 'domain', name.value), judge.byCollectors(index))
  if (by.length > 0) return yield* localLines(world, name, known, core, judge)
  for (const record of recordsOf(world, name.value)) for (const fact of recordFact(record)) yield edgeLine(fact, [])
}

function* slotLines(
  world: World,
  slot: number,
  judge: Judge,
  known: readonly Oracle[],
  core: CoreTruth,
): Generator<TruthLine> {
  const address = thing('ip-address', world.fleet.slotAddress(slot))
  const by = judge.byRecords(slot)
  if (by.length > 0 || !world.fleet.namesAt(slot)[Symbol.iterator]().next().done) yield entityLine(address, by)
  if (by.length > 0) yield* localLines(world, address, known, core, judge)
}

/** Types of which each belongs to one name or address. */
const own = new Set<Thing['type']>(['url', 'open-port', 'service'])

/** What follows from a name or an address alone: its pages, ports, services; each line once, `start` itself left out. */
function* localLines(
  world: World,
  start: Thing,
  known: readonly Oracle[],
  core: CoreTruth,
  judge: Judge,
): Generator<TruthLine> {
  const entities = new Map<string, { entity: Thing; by: Set<string> }>()
  const edges = new Map<string, { fact: Fact; by: Set<string> }>()
  const isLocal = (one: Thing): boolean => one.value === start.value || entities.has(keyOf(one))
  /** Behind an alias of the delivery network a machine of the hand-made world answers, with its own certificate. */
  const number = world.fleet.indexOf(start.value)
  const isEdge = number >= 0 && world.fleet.fateOf(number) === 'edge'
  /** A block around an address of the fleet is one step away, where who asks no target may ask. */
  function addBlock(block: Thing): void {
    for (const { id, contact, consumes, facts } of known)
      if (contact === 'stored' && consumes(block, world)) for (const fact of facts(block, world)) core.add(fact, id)
  }
  const queue = [start]
  for (let next = queue.shift(); next; next = queue.shift())
    for (const oracle of known) {
      if (!oracle.consumes(next, world) || (oracle.contact === 'none' && !judge.has('crawler'))) continue
      for (const fact of oracle.facts(next, world)) {
        // `certificateLines` says what is in the fleet's own certificates.
        if (fact.source.type === 'certificate' && !isEdge) continue
        if (!isLocal(fact.source)) {
          core.add(fact, oracle.id)
          continue
        }
        const edge = edges.get(edgeKey(fact)) ?? { fact, by: new Set() }
        edges.set(edgeKey(fact), edge)
        edge.by.add(oracle.id)
        const { entity } = fact
        const isOwn = own.has(entity.type) || (entity.type === 'ip-address' && entity.value.includes(':'))
        const isElsewhere =
          world.fleet.indexOf(entity.value) >= 0 ||
          world.fleet.slotOf(entity.value) >= 0 ||
          (entity.type === 'certificate' && !isEdge)
        if (isOwn) {
          const seen = entities.get(keyOf(entity))
          if (!seen) queue.push(entity)
          entities.set(keyOf(entity), { entity, by: (seen?.by ?? new Set()).add(oracle.id) })
        } else if (!isElsewhere) {
          core.addEntity(entity, oracle.id)
          if (entity.type === 'netblock') addBlock(entity)
        }
      }
    }
  for (const { entity, by } of entities.values()) yield entityLine(entity, [...by])
  for (const { fact, by } of edges.values()) yield edgeLine(fact, [...by])
}

function edgeKey({ source, entity, kind, qualifier, direction }: Fact): string {
  return `${keyOf(source)}\n${kind}\n${qualifier}\n${direction}\n${keyOf(entity)}`
}

function entityLine({ type, value }: Thing, by: string[]): TruthLine {
  return { kind: 'entity', type, value, by: by.sort() }
}

function edgeLine({ source, entity, kind, qualifier, direction }: Fact, by: string[]): TruthLine {
  const [from, to] = direction === 'out' ? [source, entity] : [entity, source]
  return { kind: 'relationship', from: keyOf(from), type: kind, qualifier, to: keyOf(to), by: by.sort() }
}
