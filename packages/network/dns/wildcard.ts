import type { DnsAnswer, DnsQuestion, RecordType } from '@mirage/model/exchange.ts'
import type { LaneQuestion, Questions } from './answer-stream.ts'
import { randomLabel } from './random.ts'
import { addToProfile, emptyProfile, exists, explains, isConclusive } from './wildcard-profile.ts'
import type { TypeProfile } from './wildcard-profile.ts'
import { parentOf } from './wire/name.ts'

/** What is needed to ask: a lane, or whatever stands before one. */
export interface Asker {
  /** One name a resolver; two of them are compared. */
  readonly servers: readonly string[]
  resolve(questions: Questions, signal?: AbortSignal): AsyncIterable<DnsAnswer>
}

export interface Wildcards {
  /** True when any name below `parent` would answer for this type. */
  isWildcard(parent: string, type: RecordType, signal?: AbortSignal): Promise<boolean>
  /**
   * Of answers for names that were guessed, those whose names exist by themselves, in no order. A name whose parent
   * cannot be judged, because random labels below it bring no answer, is left out.
   */
  real(answers: readonly DnsAnswer[], signal?: AbortSignal): Promise<DnsAnswer[]>
}

interface Parent {
  /** A random label does not exist, so nothing is made up below (RFC 8020); of no type. */
  clear: boolean
  profiles: Map<RecordType, Promise<TypeProfile>>
}

/** Types that wildcards carry in practice; a name that differs from its wildcard in one of them exists. */
const comparedTypes: readonly RecordType[] = ['A', 'AAAA', 'MX', 'TXT']
const leastProbes = 4
const mostProbes = 12
const steadyProbes = 3
const mostParents = 20_000

/**
 * Tells names that exist from names that a wildcard makes up (RFC 4592). Parents are probed once, on demand: one
 * random label, and only when that exists the full comparison of answer sets, over two resolvers. The parent directly
 * above a name decides, which covers wildcards inside wildcards.
 */
export function openWildcards(asker: Asker, options: { label?: (parent: string) => string } = {}): Wildcards {
  const { label = randomLabel } = options
  const parents = new Map<string, Promise<Parent>>()

  async function askAll(questions: LaneQuestion[], signal: AbortSignal | undefined): Promise<DnsAnswer[]> {
    const answers: DnsAnswer[] = []
    if (questions.length > 0) for await (const answer of asker.resolve(questions, signal)) answers.push(answer)
    return answers
  }

  function parentAt(name: string, signal: AbortSignal | undefined): Promise<Parent> {
    const known = parents.get(name)
    if (known !== undefined) return known
    const judged = judge(name, signal)
    parents.set(name, judged)
    judged.catch(() => parents.delete(name))
    if (parents.size > mostParents) parents.clear()
    return judged
  }

  async function judge(name: string, signal: AbortSignal | undefined): Promise<Parent> {
    for (let i = 0; i < steadyProbes; i++) {
      const [answer] = await askAll([{ name: below(label(name), name), type: 'A' }], signal)
      if (answer === undefined || !isConclusive(answer)) continue
      return { clear: !exists(answer), profiles: new Map() }
    }
    return { clear: false, profiles: new Map() }
  }

  function profileOf(
    parent: Parent,
    name: string,
    type: RecordType,
    signal: AbortSignal | undefined,
  ): Promise<TypeProfile> {
    const known = parent.profiles.get(type)
    if (known !== undefined) return known
    const built = buildProfile(name, type, signal)
    parent.profiles.set(type, built)
    built.catch(() => parent.profiles.delete(type))
    return built
  }

  async function buildProfile(name: string, type: RecordType, signal: AbortSignal | undefined): Promise<TypeProfile> {
    const profile = emptyProfile()
    const resolvers = Math.min(2, asker.servers.length)
    let steady = 0
    for (let asked = 0; asked < mostProbes && (asked < leastProbes || steady < steadyProbes); asked += 2) {
      const questions = [0, 1].map((via): LaneQuestion => {
        const question = { name: below(label(name), name), type }
        return resolvers === 2 ? { ...question, via } : question
      })
      for (const answer of await askAll(questions, signal)) {
        if (!isConclusive(answer)) continue
        steady = addToProfile(profile, answer) ? 0 : steady + 1
      }
    }
    profile.rotating = steady < steadyProbes
    return profile
  }

  async function real(answers: readonly DnsAnswer[], signal?: AbortSignal): Promise<DnsAnswer[]> {
    const kept: DnsAnswer[] = []
    const alike: { answer: DnsAnswer; parent: Parent; above: string }[] = []
    await Promise.all(
      answers.filter(exists).map(async (answer) => {
        const above = parentOf(answer.name)
        const parent = await parentAt(above, signal)
        if (parent.clear) return void kept.push(answer)
        const profile = await profileOf(parent, above, answer.type, signal)
        if (!explains(profile, answer)) kept.push(answer)
        else if (profile.probes > 0) alike.push({ answer, parent, above })
      }),
    )
    return [...kept, ...(await differing(alike, signal))]
  }

  /** Of names that look like their wildcard, those that differ from it in another type that the wildcard has. */
  async function differing(
    alike: { answer: DnsAnswer; parent: Parent; above: string }[],
    signal: AbortSignal | undefined,
  ): Promise<DnsAnswer[]> {
    const questions: DnsQuestion[] = []
    const byName = new Map<string, (typeof alike)[number]>()
    await Promise.all(
      alike.map(async (item) => {
        byName.set(item.answer.name, item)
        // Behind a CNAME all types are those of its target.
        if (item.answer.records.some((record) => record.type === 'CNAME')) return
        for (const type of comparedTypes) {
          if (type === item.answer.type) continue
          const profile = await profileOf(item.parent, item.above, type, signal)
          if (profile.statuses.has('NOERROR')) questions.push({ name: item.answer.name, type })
        }
      }),
    )
    const kept = new Set<DnsAnswer>()
    for (const other of await askAll(questions, signal)) {
      const item = byName.get(other.name)
      if (item === undefined || !isConclusive(other)) continue
      const profile = await profileOf(item.parent, item.above, other.type, signal)
      if (!explains(profile, other)) kept.add(item.answer)
    }
    return [...kept]
  }

  return {
    real,
    async isWildcard(name, type, signal) {
      const parent = await parentAt(name, signal)
      if (parent.clear) return false
      return (await profileOf(parent, name, type, signal)).statuses.has('NOERROR')
    },
  }
}

function below(label: string, parent: string): string {
  return parent === '.' || parent === '' ? label : `${label}.${parent}`
}
