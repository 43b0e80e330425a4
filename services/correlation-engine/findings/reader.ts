import { MirageError, notFound } from '@mirage/kit/errors.ts'
import { toInstant } from '@mirage/kit/clock.ts'
import { pagesOf } from '@mirage/kit/pages.ts'
import type { PageOf } from '@mirage/kit/schema.ts'
import { type FindingState, type Severity, severities } from '@mirage/model/finding.ts'
import type { Finding } from '../contract.ts'
import { type FindingCollections, rankOf, type RunFinding, scanAll, type StoredFinding } from './record.ts'
import { stateOf } from './state.ts'

export interface FindingQuery {
  run?: string
  severity?: Severity[]
  state?: FindingState[]
  rule?: string
  after?: string
  limit: number
}

/** Findings as people and other services are shown them. */
export class FindingReader {
  readonly #collections: FindingCollections
  readonly #now: () => number

  constructor(collections: FindingCollections, now: () => number) {
    this.#collections = collections
    this.#now = now
  }

  /** The ids of what the run says by this rule. */
  async idsOfRule(workspace: string, run: string, rule: string): Promise<string[]> {
    const ids: string[] = []
    for await (const one of scanAll(this.#collections.ofRuns, workspace, { index: 'runRule', equals: { run, rule } }))
      ids.push(one.finding)
    return ids
  }

  /** Every finding of a run in the order of its id; the ids are in memory meanwhile. */
  async *ofRun(workspace: string, run: string): AsyncGenerator<Finding> {
    const ids: string[] = []
    for await (const { id } of scanAll(this.#collections.ofRuns, workspace, { index: 'runById', equals: { run } }))
      ids.push(id)
    ids.sort()
    for (let start = 0; start < ids.length; start += 500) {
      const some = await this.#collections.ofRuns.getMany(workspace, ids.slice(start, start + 500))
      yield* await this.#shownOfRun(
        workspace,
        some.filter((one) => one !== undefined),
      )
    }
  }

  countOfRun(workspace: string, run: string): Promise<number> {
    return this.#collections.ofRuns.count(workspace, { index: 'run', equals: { run } })
  }

  /** Most severe first. With a filter by state the total is a lower bound: what this page and those after it hold at least. */
  async list(workspace: string, query: FindingQuery): Promise<PageOf<Finding>> {
    const { run, severity, state, rule, limit } = query
    const ranks = (severity ?? [...severities]).map(rankOf).sort((a, b) => a - b)
    const place = placeOf(query.after)
    const startRank = place.rank
    let { after } = place
    const items: Finding[] = []
    let next: string | undefined
    for (const rank of ranks) {
      if (rank < startRank) continue
      if (rank > startRank) after = undefined
      do {
        const page = await this.#page(workspace, run, rank, limit - items.length, after)
        for (const finding of page.items)
          if ((!rule || finding.rule === rule) && (!state || state.includes(finding.state))) items.push(finding)
        after = page.next
        next = after === undefined ? undefined : `${rank}:${after}`
      } while (after !== undefined && items.length < limit)
      if (items.length < limit) continue
      if (next === undefined && rank !== ranks.at(-1)) next = `${ranks[ranks.indexOf(rank) + 1]}:`
      break
    }
    const filtered = state !== undefined || rule !== undefined
    const total = filtered
      ? items.length
      : (await Promise.all(ranks.map((rank) => this.#count(workspace, run, rank)))).reduce((sum, one) => sum + one, 0)
    return { items, total, totalIsLowerBound: filtered && next !== undefined, ...(next === undefined ? {} : { next }) }
  }

  /** Throws `findings.not_found`. */
  async get(workspace: string, id: string): Promise<Finding> {
    const stored = await this.#collections.findings.get(workspace, id)
    if (!stored) throw notFound('findings', id)
    return (await this.shown(workspace, [stored]))[0]!
  }

  /** Findings that are neither resolved nor dismissed, with the run that said them last. */
  async *open(workspace: string): AsyncGenerator<{ finding: Finding; run: string; lastSeenAt: number }> {
    const { findings } = this.#collections
    for await (const { items } of pagesOf((place) => findings.scan(workspace, { ...place, limit: 500 }))) {
      const shown = await this.shown(workspace, items)
      for (const [at, { run, lastSeenAt }] of items.entries()) {
        const finding = shown[at]!
        if (finding.state !== 'resolved' && finding.state !== 'dismissed') yield { finding, run, lastSeenAt }
      }
    }
  }

  async #shownOfRun(workspace: string, ofRun: RunFinding[]): Promise<Finding[]> {
    const ids = ofRun.map(({ finding }) => finding)
    const stored = await this.#collections.findings.getMany(workspace, ids)
    return this.shown(
      workspace,
      ofRun.map(({ finding, rule, rank, content, firstSeenAt, lastSeenAt, run }, at) => {
        const { runs, lastSeenAt: lastOfAll } = stored[at] ?? { runs: [run], lastSeenAt }
        return { id: finding, rule, rank, content, firstSeenAt, lastSeenAt, run, runs, lastOfAll }
      }),
    )
  }

  async shown(workspace: string, stored: (StoredFinding & { lastOfAll?: number })[]): Promise<Finding[]> {
    const ids = stored.map(({ id }) => id)
    const [marks, resolutions] = [
      await this.#collections.marks.getMany(workspace, ids),
      await this.#collections.resolutions.getMany(workspace, ids),
    ]
    const now = this.#now()
    return stored.map(({ id, content, firstSeenAt, lastSeenAt, lastOfAll, runs }, at) => {
      const mark = marks[at]
      return {
        id,
        ...content,
        state: stateOf(lastOfAll ?? lastSeenAt, mark, resolutions[at], now),
        ...(mark?.acceptedUntil === undefined ? {} : { acceptedUntil: toInstant(mark.acceptedUntil) }),
        ...(mark?.comment === undefined ? {} : { comment: mark.comment }),
        firstSeenAt: toInstant(firstSeenAt),
        lastSeenAt: toInstant(lastSeenAt),
        runs,
      }
    })
  }

  async #page(
    workspace: string,
    run: string | undefined,
    rank: number,
    limit: number,
    after: string | undefined,
  ): Promise<{ items: Finding[]; next?: string }> {
    const place = { limit, ...(after === undefined ? {} : { after }) }
    if (run === undefined) {
      const page = await this.#collections.findings.scan(workspace, { index: 'rank', equals: { rank }, ...place })
      return { ...page, items: await this.shown(workspace, page.items) }
    }
    const page = await this.#collections.ofRuns.scan(workspace, { index: 'run', equals: { run, rank }, ...place })
    return { ...page, items: await this.#shownOfRun(workspace, page.items) }
  }

  #count(workspace: string, run: string | undefined, rank: number): Promise<number> {
    return run === undefined
      ? this.#collections.findings.count(workspace, { index: 'rank', equals: { rank } })
      : this.#collections.ofRuns.count(workspace, { index: 'run', equals: { run, rank } })
  }
}

/** A place in a list: within a rank, after a cursor of the store. Throws 400 `request.cursor_invalid`. */
function placeOf(cursor: string | undefined): { rank: number; after: string | undefined } {
  if (cursor === undefined) return { rank: -1, after: undefined }
  const match = /^([0-4]):(.*)$/.exec(cursor)
  if (!match)
    throw new MirageError({
      code: 'request.cursor_invalid',
      status: 400,
      detail: 'This cursor does not belong to this list. Start again without one.',
    })
  return { rank: Number(match[1]), after: match[2] === '' ? undefined : match[2] }
}
