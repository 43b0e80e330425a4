/**
 * Tags of modules are statements about now: a name that did not resolve may resolve today. A module repeats what still
 * holds and is silent about the rest, so a tag goes by what later runs leave unsaid: it holds until a run that ended
 * whole, in which its module first spoke after the tag was given, saw the entity and did not give it again. A run
 * without that module (a passive one) takes nothing away, nor does one that was stopped or met a limit.
 *
 * Each reader of batches keeps for itself which modules spoke in which runs, and judges by that.
 */

/** The tags of an entity: by module and tag, in which run it was last given, and when. */
export type GivenTags = Record<string, { value: string; at: number }>

export function givenTags(tags: string[], { module, run }: { module: string; run: string }, at: number): GivenTags {
  const given: GivenTags = {}
  for (const tag of tags) given[`${module} ${tag}`] = { value: run, at }
  return given
}

/** The tags that no one took away, sorted. */
export function untakenTags(tags: GivenTags, isTaken: (name: string, given: GivenTags[string]) => boolean): string[] {
  const holding = new Set<string>()
  for (const name in tags) if (!isTaken(name, tags[name]!)) holding.add(name.slice(name.indexOf(' ') + 1))
  return [...holding].sort()
}

/** That a module spoke in a run; or, without a module, that the run ended whole. */
export interface Voice {
  id: string
  run: string
  module?: string
  /** When the first of its batches was announced. */
  firstAt: number
  /** All it gave. */
  tags: string[]
}

/** The collection's specification, as the documents port takes it. */
export const voices = {
  name: 'voices',
  indexes: { run: ['run'] },
  merge: { firstAt: 'min', tags: 'union' },
} satisfies {
  name: string
  indexes: Record<string, (keyof Voice)[]>
  merge: Partial<Record<keyof Voice, 'min' | 'union'>>
}

/** What is used of a collection of the documents port. */
export interface VoiceStore {
  getMany(workspace: string, ids: string[]): Promise<(Voice | undefined)[]>
  merge(workspace: string, voices: Voice[]): Promise<unknown>
  delete(workspace: string, ids: string[]): Promise<unknown>
  scan(workspace: string, scan: { after?: string; limit: number }): Promise<{ items: Voice[]; next?: string }>
}

/** What is used of a batch. */
interface SpokenBatch {
  publishedAt: number
  payload: { run: string; module: string; observations: { tags?: string[] }[] }
}

/** Who may have taken a tag away, as known at one moment. */
export interface Judge {
  /** The runs, of all that ended whole, which have taken these tags away where they saw the entity. */
  takersOf(tags: GivenTags): string[]
  /** The tags that hold of an entity that these runs saw, sorted. Of `takersOf` it is enough to name those that did. */
  held(tags: GivenTags, runs: string[]): string[]
}

/** Which modules spoke in which runs: a few dozen records a run, all of a workspace in memory. */
export class Voices {
  readonly #store: VoiceStore
  readonly #known = new Map<string, Promise<Map<string, Voice>>>()

  constructor(store: VoiceStore) {
    this.#store = store
  }

  /** Keeps who spoke in these batches of one workspace. */
  async note(workspace: string, events: SpokenBatch[]): Promise<void> {
    const heard = events.map(({ publishedAt, payload: { run, module, observations } }) => {
      const tags = new Set(observations.flatMap(({ tags = [] }) => tags))
      return { id: `${run}/${module}`, run, module, firstAt: publishedAt, tags: [...tags] }
    })
    const known = await this.#of(workspace)
    const news = heard.filter(({ id, firstAt, tags }) => {
      const voice = known.get(id)
      return !voice || firstAt < voice.firstAt || tags.some((tag) => !voice.tags.includes(tag))
    })
    await this.adopt(workspace, news)
  }

  /**
   * The run has ended whole: from now on it takes away what its modules did not give again. Answers the tags that this
   * may change.
   */
  async end(workspace: string, run: string): Promise<string[]> {
    await this.adopt(workspace, [{ id: run, run, firstAt: 0, tags: [] }])
    const all = [...(await this.#of(workspace)).values()]
    const spoke = new Set(all.filter((voice) => voice.run === run).map(({ module }) => module))
    const others = all.filter((voice) => voice.run !== run && spoke.has(voice.module))
    return [...new Set(others.flatMap(({ tags }) => tags))]
  }

  async hasEnded(workspace: string, run: string): Promise<boolean> {
    return (await this.#of(workspace)).has(run)
  }

  /** The run has not ended whole after all; true when it was taken for one that had. */
  async reopen(workspace: string, run: string): Promise<boolean> {
    const known = await this.#of(workspace)
    if (!known.has(run)) return false
    await this.#store.delete(workspace, [run])
    known.delete(run)
    return true
  }

  /** Forgets the run: what it took away holds again. */
  async forget(workspace: string, run: string): Promise<void> {
    const known = await this.#of(workspace)
    const ids = [...known.values()].filter((voice) => voice.run === run).map(({ id }) => id)
    await this.#store.delete(workspace, ids)
    for (const id of ids) known.delete(id)
  }

  /** Joins what another reader knows. */
  async adopt(workspace: string, voices: Voice[]): Promise<void> {
    if (voices.length === 0) return
    await this.#store.merge(workspace, voices)
    const ids = [...new Set(voices.map(({ id }) => id))]
    const known = await this.#of(workspace)
    for (const voice of await this.#store.getMany(workspace, ids)) if (voice) known.set(voice.id, voice)
  }

  /** All that is known, in an order that stays. */
  list(workspace: string, page: { after?: string; limit: number }): Promise<{ items: Voice[]; next?: string }> {
    return this.#store.scan(workspace, page)
  }

  async judge(workspace: string): Promise<Judge> {
    const known = await this.#of(workspace)

    function takes(run: string, name: string, { value, at }: GivenTags[string]): boolean {
      if (run === value || !known.has(run)) return false
      const module = name.slice(0, name.indexOf(' '))
      return (known.get(`${run}/${module}`)?.firstAt ?? 0) > at
    }

    return {
      takersOf(tags) {
        const given = Object.entries(tags)
        if (given.length === 0) return []
        const ended = [...known.values()].filter(({ module }) => module === undefined)
        return ended.map(({ run }) => run).filter((run) => given.some(([name, stamp]) => takes(run, name, stamp)))
      },
      held(tags, runs) {
        return untakenTags(tags, (name, stamp) => runs.some((run) => takes(run, name, stamp)))
      },
    }
  }

  #of(workspace: string): Promise<Map<string, Voice>> {
    let known = this.#known.get(workspace)
    if (!known) {
      known = this.#read(workspace)
      known.catch(() => this.#known.delete(workspace)) // the next one tries again
      this.#known.set(workspace, known)
    }
    return known
  }

  async #read(workspace: string): Promise<Map<string, Voice>> {
    const all = new Map<string, Voice>()
    let after: string | undefined
    do {
      const page = await this.list(workspace, { limit: 1000, ...(after === undefined ? {} : { after }) })
      for (const voice of page.items) all.set(voice.id, voice)
      after = page.next
    } while (after !== undefined)
    return all
  }
}
