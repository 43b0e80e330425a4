import { type Contact, isWithinContact } from '@mirage/model/contact.ts'
import type { EntityRef } from '@mirage/model/entity.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import type { ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import type { Lane, Profile, RunDefinition } from '../contract.ts'

/** A module as a run has planned it; kept with the run, so that it ends as it began. */
export interface PlannedLane {
  module: string
  version: number
  title: string
  homepage: string
  contact: Contact
  discloses: boolean
  state: Lane['state']
  key?: { name: string; where: string }
  consumes: ModuleInfo['consumes']
  produces: string[]
  batch: number
  onlyInScope: boolean
  /** URLs of one host that it works on at most. */
  perHost?: number
  /** Requests a minute that its source is asked at most; absent where nothing limits them. */
  perMinute?: number
  volatile: string[]
}

export interface PlannedRun {
  profile: string
  contact: Contact
  /** How far modules that do not touch the target may go. */
  distance: number
  lanes: PlannedLane[]
}

/**
 * Which modules a run would use: those the definition or its profile selects, as far as seeds, and what modules
 * produce from them, reach them. Modules that may not run (no key, beyond the contact ceiling, invasive and not
 * allowed) stay in the plan with their state, and nothing is planned on what only they would produce.
 */
export function planRun(
  definition: RunDefinition,
  profile: Profile,
  modules: ModuleInfo[],
  seeds: EntityRef[],
): PlannedRun {
  const contact = definition.contact ?? profile.contact ?? 'target'
  const allow = new Set<string>([...(profile.allow ?? []), ...(definition.allow ?? [])])
  const { profile: given, moduleRates = {} } = definition
  const own = typeof given === 'object' ? given : {}
  demandKnown(
    [definition, own].flatMap(({ modules = [], excludeModules = [] }: Selection) => [...modules, ...excludeModules]),
    modules,
  )
  demandKnown(Object.keys(moduleRates), modules)
  const selected = modules.filter((module) => isSelected(module, definition, profile))
  const lanes = selected.map((module) => toLane(module, contact, allow, perMinuteOf(module, definition)))
  const reachable = closure(lanes, new Set(seeds.map(({ type }) => type)))
  const want = definition.want ?? (definition.modules ? undefined : profile.want)
  const planned = want ? towards(reachable, new Set<string>(want)) : reachable
  return { profile: profile.name, contact, distance: definition.distance ?? profile.distance ?? 1, lanes: planned }
}

type Selection = Pick<RunDefinition, 'modules' | 'excludeModules'>

function demandKnown(named: string[], modules: ModuleInfo[]): void {
  const ids = modules.map(({ id }) => id)
  const unknown = named.find((name) => !ids.includes(name))
  if (unknown)
    throw new MirageError({
      code: 'runs.definition_invalid',
      status: 422,
      detail: `There is no module “${unknown}”${didYouMean(unknown, ids) || '. “mirage modules” lists them.'}`,
    })
}

function isSelected(module: ModuleInfo, definition: RunDefinition, profile: Profile): boolean {
  if (definition.excludeModules?.includes(module.id)) return false
  if (definition.modules) return definition.modules.includes(module.id)
  if (profile.excludeModules?.includes(module.id)) return false
  if (profile.modules?.includes(module.id)) return true
  return profile.useCases?.some((useCase) => module.useCases.includes(useCase)) ?? profile.modules === undefined
}

function toLane(module: ModuleInfo, ceiling: Contact, allow: Set<string>, perMinute: number | undefined): PlannedLane {
  return {
    module: module.id,
    version: module.version,
    title: module.title,
    homepage: module.homepage,
    contact: module.contact,
    discloses: module.discloses,
    state: stateOf(module, ceiling, allow),
    ...(module.key ? { key: { name: module.key.name, where: module.key.where } } : {}),
    consumes: module.consumes,
    produces: module.produces,
    batch: module.batch,
    onlyInScope: module.onlyInScope,
    ...(module.limits.perHost === undefined ? {} : { perHost: module.limits.perHost }),
    ...(perMinute === undefined ? {} : { perMinute }),
    volatile: module.volatile,
  }
}

const inMinute: Record<string, number> = { s: 60, m: 1, h: 1 / 60, d: 1 / 1440 }

/** What the run says of the module, else what the module declares; nobody is spared in a lab. */
function perMinuteOf({ id, limits }: ModuleInfo, { lab, moduleRates }: RunDefinition): number | undefined {
  const [, amount, unit] = /^([\d.]+)\/([smhd])$/.exec(moduleRates?.[id] ?? '') ?? []
  if (amount !== undefined) return Number(amount) * inMinute[unit!]! // the pattern has these units
  if (lab) return undefined
  const { perMinute = Infinity, perSecond = Infinity } = limits
  const least = Math.min(perMinute, perSecond * 60)
  return Number.isFinite(least) ? least : undefined
}

function stateOf(module: ModuleInfo, ceiling: Contact, allow: Set<string>): Lane['state'] {
  if (!module.enabled) return 'disabled'
  if (!isWithinContact(module.contact, ceiling)) return 'beyond-contact'
  if (module.flags.includes('invasive') && !allow.has('invasive')) return 'not-allowed'
  if (module.key?.state === 'missing' && !module.key.optional) return 'no-key'
  return 'planned'
}

/** The lanes that something reaches, in the order of the modules. */
function closure(lanes: PlannedLane[], types: Set<string>): PlannedLane[] {
  const reached = new Set<PlannedLane>()
  for (let grown = true; grown;) {
    grown = false
    for (const lane of lanes) {
      if (reached.has(lane) || !lane.consumes.some(({ type }) => types.has(type))) continue
      reached.add(lane)
      grown = true
      if (lane.state === 'planned') for (const type of lane.produces) types.add(type)
    }
  }
  return lanes.filter((lane) => reached.has(lane))
}

/** The lanes that produce a wanted type, or something that such a lane consumes. */
function towards(lanes: PlannedLane[], wanted: Set<string>): PlannedLane[] {
  const direct = lanes.filter((lane) => lane.produces.some((type) => wanted.has(type)))
  const kept = new Set(direct)
  const needed = new Set(direct.flatMap(({ consumes }) => consumes.map(({ type }) => type)))
  for (let grown = true; grown;) {
    grown = false
    for (const lane of lanes) {
      if (kept.has(lane) || !lane.produces.some((type) => needed.has(type))) continue
      kept.add(lane)
      for (const { type } of lane.consumes) needed.add(type)
      grown = true
    }
  }
  return lanes.filter((lane) => kept.has(lane))
}

/** Who learns of the target, as sentences, the strongest contact first. */
export function contactedBy({ lanes, contact }: PlannedRun): string[] {
  const running = lanes.filter(({ state }) => state === 'planned')
  const titles = (of: Contact): string[] => running.filter((lane) => lane.contact === of).map(({ title }) => title)
  const sentences: string[] = []
  const direct = titles('target')
  if (direct.length > 0) sentences.push(`The target itself, by packets from this machine: ${listed(direct)}.`)
  const relayed = titles('relayed')
  if (relayed.length > 0)
    sentences.push(
      `Its name servers may see a resolver, or its hosts a third party, that asks for us: ${listed(relayed)}.`,
    )
  const stored = titles('stored')
  if (stored.length > 0) sentences.push(`Third parties that answer from what they have: ${listed(stored)}.`)
  const disclosing = running.filter(({ discloses }) => discloses).map(({ title }) => title)
  if (disclosing.length > 0) sentences.push(`These publish or share what they are asked: ${listed(disclosing)}.`)
  if (sentences.length === 0) sentences.push('Nobody: nothing leaves this machine.')
  if (contact === 'stored' || contact === 'none')
    sentences.push('Nothing is sent to the target, and no DNS query for its names.')
  return sentences
}

function listed(names: string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
}

/** The plan's lane as people see it before anything ran. */
export function idleLane(lane: PlannedLane): Lane {
  const { module, title, contact, state, key, consumes, produces, homepage, discloses } = lane
  return {
    module,
    title,
    contact,
    state,
    ...(key && state === 'no-key' ? { key } : {}),
    consumes: consumes.map(({ type }) => type),
    produces,
    homepage,
    discloses,
    queued: 0,
    running: 0,
    done: 0,
    observations: 0,
    outcomes: {},
  }
}
