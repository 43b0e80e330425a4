import { notFound } from '@mirage/kit/errors.ts'
import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import { contentId } from '@mirage/model/id.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import { type Finding, findingsChanged } from '../contract.ts'
import { FindingReader } from './reader.ts'
import {
  digestOf,
  type FindingCollections,
  joinStatements,
  type NewFinding,
  openCollections,
  type RunFinding,
  runFindingOf,
  scanAll,
  type StoredFinding,
} from './record.ts'
import type { Mark, Resolution } from './state.ts'

const announceAtOnce = 200

export async function openFindings(
  documents: Documents,
  announce: (events: OutgoingEvent[]) => Promise<void>,
  now: () => number,
): Promise<FindingStore> {
  return new FindingStore(await openCollections(documents), announce, now)
}

/** Writes what rules, modules and people say, and announces what differs from what was announced last. */
export class FindingStore {
  readonly read: FindingReader
  readonly #collections: FindingCollections
  readonly #announce: (events: OutgoingEvent[]) => Promise<void>

  constructor(
    collections: FindingCollections,
    announce: (events: OutgoingEvent[]) => Promise<void>,
    now: () => number,
  ) {
    this.read = new FindingReader(collections, now)
    this.#collections = collections
    this.#announce = announce
  }

  /**
   * Makes `fired` what the run says by this rule of the groups in question, and announces what is new or changed.
   * `gone` are ids that it no longer says. Repeating it changes and announces nothing.
   */
  async replace(workspace: string, run: string, fired: NewFinding[], gone: string[] = []): Promise<void> {
    const found = fired.map((one) => runFindingOf(workspace, run, one))
    const before = await this.#collections.ofRuns.getMany(
      workspace,
      found.map(({ id }) => id),
    )
    const changed = found.filter((one, at) => JSON.stringify(before[at]) !== JSON.stringify(one))
    if (changed.length > 0) await this.#collections.ofRuns.put(workspace, changed)
    const removed =
      gone.length > 0
        ? await this.#collections.ofRuns.delete(
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
    const before = await this.#collections.ofRuns.getMany(workspace, [...found.keys()])
    const joined = [...found.values()].map((one, at) => joinStatements(before[at], one))
    const changed = joined.filter((one, at) => JSON.stringify(before[at]) !== JSON.stringify(one))
    if (changed.length > 0) await this.#collections.ofRuns.put(workspace, changed)
    await this.#refresh(
      workspace,
      run,
      joined.map(({ finding }) => finding),
    )
  }

  /** Keeps what a person says and announces it. Throws `findings.not_found`. */
  async mark(workspace: string, mark: Mark): Promise<Finding> {
    const stored = await this.#collections.findings.get(workspace, mark.id)
    if (!stored) throw notFound('findings', mark.id)
    await this.#collections.marks.put(workspace, [mark])
    await this.#announceOpen(workspace, stored.run, [stored])
    return this.read.get(workspace, mark.id)
  }

  async resolve(workspace: string, resolutions: Resolution[]): Promise<void> {
    if (resolutions.length === 0) return
    await this.#collections.resolutions.put(workspace, resolutions)
    const stored = await this.#collections.findings.getMany(
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
      const { items } = await this.#collections.ofRuns.scan(workspace, {
        index: 'runById',
        equals: { run },
        limit: 500,
      })
      if (items.length === 0) return
      await this.#collections.ofRuns.delete(
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
      const before = await this.#collections.findings.getMany(workspace, some)
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
      if (gone.length > 0) await this.#collections.findings.delete(workspace, gone)
      if (changed.length > 0) await this.#collections.findings.put(workspace, changed)
      await this.#announceOpen(workspace, run, kept)
    }
  }

  async #compose(workspace: string, id: string): Promise<StoredFinding | undefined> {
    let latest: RunFinding | undefined
    let firstSeenAt = Infinity
    const runs: string[] = []
    for await (const one of scanAll(this.#collections.ofRuns, workspace, {
      index: 'finding',
      equals: { finding: id },
    })) {
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
    const shown = await this.read.shown(workspace, findings)
    const open = findings
      .map((stored, at) => ({ stored, finding: shown[at]!, digest: digestOf(shown[at]!) }))
      .filter(({ stored, digest }) => stored.announced !== digest)
    if (open.length === 0) return
    const key = contentId(open.map(({ finding, digest }) => `${finding.id} ${digest}`).join('\n'))
    await this.#announce([
      announcement(findingsChanged, workspace, `${run} ${key}`, { run, findings: open.map(({ finding }) => finding) }),
    ])
    await this.#collections.findings.put(
      workspace,
      open.map(({ stored, digest }) => ({ ...stored, announced: digest })),
    )
  }
}
