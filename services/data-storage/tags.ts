import type { Incoming } from '@mirage/kit/service.ts'
import type { Collection, CollectionSpec, Documents, Stamped } from '@mirage/ports/documents.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'

/**
 * Tags of modules are statements about now: a name that did not resolve may resolve today. A module repeats what still
 * holds and is silent about the rest, so a tag goes by what later runs leave unsaid: it holds until a run that ended
 * whole, in which its module first spoke after the tag was given, saw the entity and did not give it again. A run
 * without that module (a passive one) takes nothing away, nor does one that was stopped or met a limit.
 */

/** The tags of an entity as stored: by module and tag, in which run it was last given, and when. */
export type GivenTags = Record<string, Stamped<string>>

interface Tagged {
  tags: GivenTags
  runs: string[]
}

/** The tags that hold, sorted. */
export type TagsOf = (entity: Tagged) => string[]

export function givenTags(tags: string[], { module, run }: Pick<ObservationBatch, 'module' | 'run'>, at: number) {
  const given: GivenTags = {}
  for (const tag of tags) given[`${module} ${tag}`] = { value: run, at }
  return given
}

/** That a module spoke in a run; or, without a module, that the run ended whole. */
interface VoiceDocument {
  id: string
  run: string
  module?: string
  /** When the first of its batches was announced. */
  firstAt: number
  /** All it gave. */
  tags: string[]
}

const voices: CollectionSpec<VoiceDocument> = {
  name: 'voices',
  indexes: { run: ['run'] },
  merge: { firstAt: 'min', tags: 'union' },
}

/** Which modules spoke in which runs: a few dozen records a run, all of a workspace in memory. */
export class Voices {
  readonly #collection: Collection<VoiceDocument>
  readonly #known = new Map<string, Promise<Map<string, VoiceDocument>>>()

  private constructor(collection: Collection<VoiceDocument>) {
    this.#collection = collection
  }

  static async open(documents: Documents): Promise<Voices> {
    return new Voices(await documents.collection(voices))
  }

  /** Keeps who spoke in these batches. */
  async note(workspace: string, events: Incoming<ObservationBatch>[]): Promise<void> {
    const heard = events.map(({ publishedAt, payload: { run, module, observations } }) => {
      const tags = new Set(observations.flatMap(({ tags = [] }) => tags))
      return { id: `${run}/${module}`, run, module, firstAt: publishedAt, tags: [...tags] }
    })
    const known = await this.#of(workspace)
    const news = heard.filter(({ id, firstAt, tags }) => {
      const voice = known.get(id)
      return !voice || firstAt < voice.firstAt || tags.some((tag) => !voice.tags.includes(tag))
    })
    await this.#keep(workspace, news)
  }

  /**
   * The run has ended whole: from now on it takes away what its modules did not give again. Answers the tags that this
   * may change.
   */
  async end(workspace: string, run: string): Promise<string[]> {
    await this.#keep(workspace, [{ id: run, run, firstAt: 0, tags: [] }])
    const all = [...(await this.#of(workspace)).values()]
    const spoke = new Set(all.filter((voice) => voice.run === run).map(({ module }) => module))
    const others = all.filter((voice) => voice.run !== run && spoke.has(voice.module))
    return [...new Set(others.flatMap(({ tags }) => tags))]
  }

  async forget(workspace: string, run: string): Promise<void> {
    const known = await this.#of(workspace)
    const ids = [...known.values()].filter((voice) => voice.run === run).map(({ id }) => id)
    await this.#collection.delete(workspace, ids)
    for (const id of ids) known.delete(id)
  }

  async tagsOf(workspace: string): Promise<TagsOf> {
    const known = await this.#of(workspace)
    return ({ tags, runs }) => {
      const holding = new Set<string>()
      for (const [name, { value: run, at }] of Object.entries(tags)) {
        const space = name.indexOf(' ')
        const module = name.slice(0, space)
        const isTakenAway = runs.some(
          (other) => other !== run && known.has(other) && (known.get(`${other}/${module}`)?.firstAt ?? 0) > at,
        )
        if (!isTakenAway) holding.add(name.slice(space + 1))
      }
      return [...holding].sort()
    }
  }

  async #keep(workspace: string, documents: VoiceDocument[]): Promise<void> {
    if (documents.length === 0) return
    await this.#collection.merge(workspace, documents)
    const ids = [...new Set(documents.map(({ id }) => id))]
    const known = await this.#of(workspace)
    for (const voice of await this.#collection.getMany(workspace, ids)) if (voice) known.set(voice.id, voice)
  }

  #of(workspace: string): Promise<Map<string, VoiceDocument>> {
    let known = this.#known.get(workspace)
    if (!known) {
      known = this.#read(workspace)
      known.catch(() => this.#known.delete(workspace)) // the next one tries again
      this.#known.set(workspace, known)
    }
    return known
  }

  async #read(workspace: string): Promise<Map<string, VoiceDocument>> {
    const all = new Map<string, VoiceDocument>()
    let after: string | undefined
    do {
      const page = await this.#collection.scan(workspace, { limit: 1000, ...(after === undefined ? {} : { after }) })
      for (const voice of page.items) all.set(voice.id, voice)
      after = page.next
    } while (after !== undefined)
    return all
  }
}
