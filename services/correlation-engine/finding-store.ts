import { hash } from 'node:crypto'
import { MirageError, notFound } from '@mirage/kit/errors.ts'
import { toInstant } from '@mirage/kit/clock.ts'
import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import type { PageOf } from '@mirage/kit/schema.ts'
import { type FindingState, type Severity, severities } from '@mirage/model/finding.ts'
import { contentId } from '@mirage/model/id.ts'
import type { Collection, Documents, Scan } from '@mirage/ports/documents.ts'
import { type Finding, findingsChanged } from './contract.ts'
import type { FindingContent } from './evaluate.ts'
import { type Mark, type Resolution, stateOf } from './finding-state.ts'

/** A finding as one run has it: what the rule said last, looking at what the run saw. */
export interface RunFinding {
  /** `run/finding`. */
  id: string
  run: string
  finding: string
  rule: string
  /** 0 is critical: ascending is most severe first. */
  rank: number
  content: FindingContent
  firstSeenAt: number
  lastSeenAt: number
}

/** A finding of the workspace, composed of its runs: the latest one's words, everyone's times. */
export interface StoredFinding {
  id: string
  rule: string
  rank: number
  content: FindingContent
  firstSeenAt: number
  lastSeenAt: number
  /** The run whose words these are. */
  run: string
  runs: string[]
  /** Of what was announced last; another than its own means that it is still to be announced. */
  announced?: string
}

export interface NewFinding {
  /** The group's key: with the rule and the workspace it names the finding. */
  key: string
  content: FindingContent
  firstSeenAt: number
  lastSeenAt: number
}

export interface FindingQuery {
  run?: string
  severity?: Severity[]
  state?: FindingState[]
  rule?: string
  after?: string
  limit: number
}

const announceAtOnce = 200

/** The id of a finding: the same for the same group of the same rule, in every run. */
export function findingId(workspace: string, rule: string, key: string): string {
  return contentId(`${rule}\n${workspace}\n${key}`)
}

export async function openFindings(
  documents: Documents,
  announce: (events: OutgoingEvent[]) => Promise<void>,
  now: () => number,
): Promise<FindingStore> {
  return new FindingStore(
    await documents.collection<RunFinding>({
      name: 'run-findings',
      indexes: {
        run: ['run', 'rank'],
        runById: ['run', 'finding'],
        runRule: ['run', 'rule'],
        finding: ['finding'],
      },
    }),
    await documents.collection<StoredFinding>({
      name: 'findings',
      indexes: { rank: ['rank'], rule: ['rule', 'rank'] },
    }),
    await documents.collection<Mark>({ name: 'finding-marks', indexes: {} }),
    await documents.collection<Resolution>({ name: 'finding-resolutions', indexes: {} }),
    announce,
    now,
  )
}

export class FindingStore {
  readonly #ofRuns: Collection<RunFinding>
  readonly #findings: Collection<StoredFinding>
  readonly #marks: Collection<Mark>
  readonly #resolutions: Collection<Resolution>
  readonly #announce: (events: OutgoingEvent[]) => Promise<void>
  readonly #now: () => number

  constructor(
    ofRuns: Collection<RunFinding>,
    findings: Collection<StoredFinding>,
    marks: Collection<Mark>,
    resolutions: Collection<Resolution>,
    announce: (events: OutgoingEvent[]) => Promise<void>,
    now: () => number,
  ) {
    this.#ofRuns = ofRuns
    this.#findings = findings
    this.#marks = marks
    this.#resolutions = resolutions
    this.#announce = announce
    this.#now = now
  }

  /**
   * Makes `fired` what the run says by this rule of the groups in question, and announces what is new or changed.
   * `gone` are ids that it no longer says. Repeating it changes and announces nothing.
   */
  async replace(workspace: string, run: string, fired: NewFinding[], gone: string[] = []): Promise<void> {
    const found = fired.map((one) => runFindingOf(workspace, run, one))
    const before = await this.#ofRuns.getMany(
      workspace,
      found.map(({ id }) => id),
    )
    const changed = found.filter((one, at) => JSON.stringify(before[at]) !== JSON.stringify(one))
    if (changed.length > 0) await this.#ofRuns.put(workspace, changed)
    const removed =
      gone.length > 0
        ? await this.#ofRuns.delete(
            workspace,
            gone.map((finding) => `${run}/${finding}`),
          )
        : 0
    const ids = [...found.map(({ finding }) => finding), ...(removed > 0 ? gone : [])]
    await this.#refresh(workspace, run, ids)
  }

  /** Joins statements of modules, which come one batch at a time: equal ones become one, whatever their order. */
  async add(workspace: string, run: string, stated: NewFinding[]): Promise<void> {
    const found = new Map<string, RunFinding>()
    for (const one of stated) {
      const finding = runFindingOf(workspace, run, one)
      found.set(finding.id, joinStatements(found.get(finding.id), finding))
    }
    const before = await this.#ofRuns.getMany(workspace, [...found.keys()])
    const joined = [...found.values()].map((one, at) => joinStatements(before[at], one))
    const changed = joined.filter((one, at) => JSON.stringify(before[at]) !== JSON.stringify(one))
    if (changed.length > 0) await this.#ofRuns.put(workspace, changed)
    await this.#refresh(
      workspace,
      run,
      joined.map(({ finding }) => finding),
    )
  }

  /** The ids of what the run says by this rule. */
  async idsOfRule(workspace: string, run: string, rule: string): Promise<string[]> {
    const ids: string[] = []
    for await (const one of this.#scan(this.#ofRuns, workspace, { index: 'runRule', equals: { run, rule } }))
      ids.push(one.finding)
    return ids
  }

  /** Every finding of a run in the order of its id; the ids are in memory meanwhile. */
  async *ofRun(workspace: string, run: string): AsyncGenerator<Finding> {
    const ids: string[] = []
    for await (const { id } of this.#scan(this.#ofRuns, workspace, { index: 'runById', equals: { run } })) ids.push(id)
    ids.sort()
    for (let start = 0; start < ids.length; start += 500) {
      const some = await this.#ofRuns.getMany(workspace, ids.slice(start, start + 500))
      yield* await this.#shownOfRun(
        workspace,
        some.filter((one) => one !== undefined),
      )
    }
  }

  countOfRun(workspace: string, run: string): Promise<number> {
    return this.#ofRuns.count(workspace, { index: 'run', equals: { run } })
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
    const stored = await this.#findings.get(workspace, id)
    if (!stored) throw notFound('findings', id)
    return (await this.#shown(workspace, [stored]))[0]!
  }

  /** Keeps what a person says and announces it. Throws `findings.not_found`. */
  async mark(workspace: string, mark: Mark): Promise<Finding> {
    const stored = await this.#findings.get(workspace, mark.id)
    if (!stored) throw notFound('findings', mark.id)
    await this.#marks.put(workspace, [mark])
    await this.#announceOpen(workspace, stored.run, [stored])
    return this.get(workspace, mark.id)
  }

  /** Findings that are neither resolved nor dismissed, with the run that said them last. */
  async *open(workspace: string): AsyncGenerator<{ finding: Finding; run: string; lastSeenAt: number }> {
    let after: string | undefined
    do {
      const page = await this.#findings.scan(workspace, { limit: 500, ...(after === undefined ? {} : { after }) })
      const shown = await this.#shown(workspace, page.items)
      for (const [at, { run, lastSeenAt }] of page.items.entries()) {
        const finding = shown[at]!
        if (finding.state !== 'resolved' && finding.state !== 'dismissed') yield { finding, run, lastSeenAt }
      }
      after = page.next
    } while (after !== undefined)
  }

  async resolve(workspace: string, resolutions: Resolution[]): Promise<void> {
    if (resolutions.length === 0) return
    await this.#resolutions.put(workspace, resolutions)
    const stored = await this.#findings.getMany(
      workspace,
      resolutions.map(({ id }) => id),
    )
    await this.#announceOpen(
      workspace,
      resolutions[0]!.run,
      stored.filter((one) => one !== undefined),
    )
  }

  /** Forgets what the run said; findings that no other run says disappear, what people said of them stays. */
  async deleteRun(workspace: string, run: string): Promise<void> {
    for (;;) {
      const { items } = await this.#ofRuns.scan(workspace, { index: 'runById', equals: { run }, limit: 500 })
      if (items.length === 0) return
      await this.#ofRuns.delete(
        workspace,
        items.map(({ id }) => id),
      )
      await this.#refresh(
        workspace,
        run,
        items.map(({ finding }) => finding),
      )
    }
  }

  /** Composes these findings anew from what the runs say, and announces those whose words, runs or state are others. */
  async #refresh(workspace: string, run: string, ids: string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += announceAtOnce) {
      const some = ids.slice(start, start + announceAtOnce)
      const before = await this.#findings.getMany(workspace, some)
      const kept: StoredFinding[] = []
      const changed: StoredFinding[] = []
      const gone: string[] = []
      for (const [at, id] of some.entries()) {
        const composed = await this.#compose(workspace, id)
        const known = before[at]
        if (!composed) {
          if (known) gone.push(id)
          continue
        }
        const finding = { ...composed, ...(known?.announced === undefined ? {} : { announced: known.announced }) }
        kept.push(finding)
        if (JSON.stringify(known) !== JSON.stringify(finding)) changed.push(finding)
      }
      if (gone.length > 0) await this.#findings.delete(workspace, gone)
      if (changed.length > 0) await this.#findings.put(workspace, changed)
      await this.#announceOpen(workspace, run, kept)
    }
  }

  async #compose(workspace: string, id: string): Promise<StoredFinding | undefined> {
    let latest: RunFinding | undefined
    let firstSeenAt = Infinity
    const runs: string[] = []
    for await (const one of this.#scan(this.#ofRuns, workspace, { index: 'finding', equals: { finding: id } })) {
      runs.push(one.run)
      firstSeenAt = Math.min(firstSeenAt, one.firstSeenAt)
      if (
        !latest ||
        one.lastSeenAt > latest.lastSeenAt ||
        (one.lastSeenAt === latest.lastSeenAt && one.run > latest.run)
      )
        latest = one
    }
    if (!latest) return undefined
    const { rule, rank, content, lastSeenAt, run } = latest
    return { id, rule, rank, content, firstSeenAt, lastSeenAt, run, runs: runs.sort() }
  }

  /** Announces those that were not announced as they are now, then keeps that they were. */
  async #announceOpen(workspace: string, run: string, findings: StoredFinding[]): Promise<void> {
    const shown = await this.#shown(workspace, findings)
    const open = findings
      .map((stored, at) => ({ stored, finding: shown[at]!, digest: digestOf(shown[at]!) }))
      .filter(({ stored, digest }) => stored.announced !== digest)
    if (open.length === 0) return
    const key = contentId(open.map(({ finding, digest }) => `${finding.id} ${digest}`).join('\n'))
    await this.#announce([
      announcement(findingsChanged, workspace, `${run} ${key}`, { run, findings: open.map(({ finding }) => finding) }),
    ])
    await this.#findings.put(
      workspace,
      open.map(({ stored, digest }) => ({ ...stored, announced: digest })),
    )
  }

  async #shownOfRun(workspace: string, ofRun: RunFinding[]): Promise<Finding[]> {
    const ids = ofRun.map(({ finding }) => finding)
    const stored = await this.#findings.getMany(workspace, ids)
    return this.#shown(
      workspace,
      ofRun.map(({ finding, rule, rank, content, firstSeenAt, lastSeenAt, run }, at) => {
        const { runs, lastSeenAt: lastOfAll } = stored[at] ?? { runs: [run], lastSeenAt }
        return { id: finding, rule, rank, content, firstSeenAt, lastSeenAt, run, runs, lastOfAll }
      }),
    )
  }

  async #shown(workspace: string, stored: (StoredFinding & { lastOfAll?: number })[]): Promise<Finding[]> {
    const ids = stored.map(({ id }) => id)
    const [marks, resolutions] = [
      await this.#marks.getMany(workspace, ids),
      await this.#resolutions.getMany(workspace, ids),
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
      const page = await this.#findings.scan(workspace, { index: 'rank', equals: { rank }, ...place })
      return { ...page, items: await this.#shown(workspace, page.items) }
    }
    const page = await this.#ofRuns.scan(workspace, { index: 'run', equals: { run, rank }, ...place })
    return { ...page, items: await this.#shownOfRun(workspace, page.items) }
  }

  #count(workspace: string, run: string | undefined, rank: number): Promise<number> {
    return run === undefined
      ? this.#findings.count(workspace, { index: 'rank', equals: { rank } })
      : this.#ofRuns.count(workspace, { index: 'run', equals: { run, rank } })
  }

  async *#scan<T extends { id: string }>(
    collection: Collection<T>,
    workspace: string,
    scan: Pick<Scan<T>, 'index' | 'equals'>,
  ): AsyncGenerator<T> {
    let after: string | undefined
    do {
      const page = await collection.scan(workspace, { ...scan, limit: 1000, ...(after === undefined ? {} : { after }) })
      yield* page.items
      after = page.next
    } while (after !== undefined)
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

function runFindingOf(
  workspace: string,
  run: string,
  { key, content, firstSeenAt, lastSeenAt }: NewFinding,
): RunFinding {
  const finding = findingId(workspace, content.rule, key)
  const { rule, severity } = content
  return { id: `${run}/${finding}`, run, finding, rule, rank: rankOf(severity), content, firstSeenAt, lastSeenAt }
}

function joinStatements(known: RunFinding | undefined, other: RunFinding): RunFinding {
  if (!known) return other
  const chosen = JSON.stringify(other.content) > JSON.stringify(known.content) ? other : known
  return {
    ...chosen,
    firstSeenAt: Math.min(known.firstSeenAt, other.firstSeenAt),
    lastSeenAt: Math.max(known.lastSeenAt, other.lastSeenAt),
  }
}

function rankOf(severity: Severity): number {
  return severities.length - 1 - severities.indexOf(severity)
}

function digestOf(finding: Finding): string {
  return hash('sha256', JSON.stringify(finding), 'base64url').slice(0, 22)
}
