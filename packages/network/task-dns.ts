import type { Socket } from 'node:net'
import type { DnsAnswer, DnsQuestion, DnsRecord, RecordType } from '@mirage/model/exchange.ts'
import { isWithinContact } from '@mirage/model/contact.ts'
import { contentId } from '@mirage/model/id.ts'
import type { LaneQuestion, Questions } from './dns/answer-stream.ts'
import { isEngineFailure } from './dns/engine-failure.ts'
import { guessNames } from './dns/guess.ts'
import { NetworkError, refused } from './error.ts'
import { nothing, storeAnswer, type StoredAnswer, textOf } from './record/earlier.ts'
import { openFrameWriter } from './record/frame.ts'
import { transferZone } from './dns/transfer.ts'
import { type Asker, openWildcards } from './dns/wildcard.ts'
import { isConclusive } from './dns/wildcard-profile.ts'
import {
  type CheckedAddress,
  canonicalName,
  checkAddress,
  checkHost,
  checkQuestion,
  isTargetHost,
  parseHost,
} from './guard.ts'
import type { Lane } from './lanes.ts'
import { openQueue } from './limits/queue.ts'
import type { Remembered, Task, TaskContext } from './task.ts'

/** Answers read ahead of the module before nothing more is asked. */
const readAhead = 4_096

/**
 * DNS for a task. Every name is checked before it is asked; an answer is given when the frame that holds it is
 * recorded, and what an earlier attempt recorded is not asked again. Nobody's silence is recorded.
 */
export function openTaskDns(context: TaskContext): Task['dns'] {
  const { lanes, lookUps, signal, task, policy } = context
  const writer = openFrameWriter((pairs) => context.recordFrame('dns', pairs))
  let underWay = 0

  /** Throws when this name may not be asked by this task. */
  function check(name: string): void {
    if (task.contact === 'none')
      throw refused('contact-ceiling', `${task.module} declares no contact and asked for the address of ${name}.`)
    checkQuestion(policy, name, isWithinContact(task.contact, 'relayed') ? task.contact : 'relayed')
  }

  /** A run that may not relay asks by the lane that is kept apart from the target. */
  function lane(): Lane {
    return lanes.of(isWithinContact('relayed', policy.ceiling) ? 'relayed' : 'stored')
  }

  /** With nothing under way there is nothing to wait for: what has gathered is written, once this turn is over. */
  function answered(count: number): void {
    underWay -= count
    if (underWay === 0)
      setImmediate(() => {
        if (underWay === 0) writer.flush()
      })
  }

  /** Records the answer to a question together with those that arrive at the same time; answers the frame's id. */
  function settle(question: string, answer: object | undefined, ttl?: number): Promise<string> {
    const recorded = writer.add({ question, answer, ...(ttl !== undefined && { ttl }) })
    answered(1)
    return recorded
  }

  const asker: Asker = {
    get servers() {
      return lane().lane.servers
    },
    resolve: resolveMany,
  }
  // Random labels that a later attempt draws again, so that what was asked of them is known.
  // Counted by parent: in what order parents are judged is chance.
  const labels = new Map<string, number>()
  function label(parent: string): string {
    const count = labels.get(parent) ?? 0
    labels.set(parent, count + 1)
    return contentId(`${context.options.run}\n${task.task}\n${parent}\n${count}`).slice(0, 16)
  }
  const wildcards = openWildcards(asker, { label })

  async function* guess(parent: string, labels: Iterable<string>): AsyncGenerator<DnsAnswer, void, void> {
    const name = canonicalName(parent)
    const { discarded, unanswered } = yield* guessNames(asker, wildcards, name, labels, { label }, signal)
    if (discarded > 0 || unanswered > 0)
      context.network.log.warn('guesses were lost', { parent: name, discarded, unanswered })
  }

  async function resolve(name: string, type: RecordType): Promise<DnsAnswer> {
    try {
      check(name)
    } catch (error) {
      // Whatever a zone points at is asked for: that nobody can say is an answer like another.
      if (isRefusal(error, 'special-name')) return refusedAnswer({ name, type })
      throw error
    }
    for await (const answer of resolveMany([{ name, type }])) return answer
    throw signal.reason
  }

  async function* resolveMany(questions: Questions): AsyncGenerator<DnsAnswer, void, void> {
    const known = await context.remembered('dns')
    const earlier = await lookUps.earlier()
    const { lane: asking, places } = lane()
    const answers = openQueue<DnsAnswer>()
    const recording = new Set<Promise<void>>()
    const stop = new AbortController()
    const both = AbortSignal.any([signal, stop.signal])
    let refusal: unknown
    let asked = 0
    let isOver = false

    function give(answer: DnsAnswer): void {
      if (!isConclusive(answer)) context.noAnswer(answer.name)
      answers.push(answer)
    }

    /** Questions for one resolver, as they are recorded; its answer names it. */
    const directed = new Set<string>()

    /** Says what becomes of a question, and of the place that was taken for it: what is known is answered here. */
    function admit(question: LaneQuestion): 'ask' | 'answered' | 'done' {
      const server = question.via === undefined ? undefined : asking.servers[question.via]
      const text = textOf(question, server)
      const before = known.get(text)
      if (before !== undefined) {
        give(readAnswer(question, before))
        return 'done'
      }
      try {
        check(question.name)
        task.spend('query', 1)
      } catch (error) {
        // One such name among many is no reason to end the rest.
        if (isRefusal(error, 'excluded') || isRefusal(error, 'special-name')) answers.push(refusedAnswer(question))
        else {
          refusal = error
          isOver = true
        }
        return 'done'
      }
      asked++
      underWay++
      const still = server === undefined ? earlier.get(question) : undefined
      if (still !== undefined) {
        receive(still)
        return 'answered'
      }
      if (server !== undefined) directed.add(text)
      return 'ask'
    }

    /** The questions to be asked, as fast as the answers are read and recorded. After a refusal nothing more is asked. */
    async function* toAsk(): AsyncGenerator<LaneQuestion, void, void> {
      for await (const question of questions) {
        if (answers.size > readAhead) await answers.drained()
        const place = places.take(both)
        if (place !== undefined) await place
        const next = isOver ? 'done' : admit(question)
        if (next === 'ask') yield question
        else if (next === 'done') places.give()
        if (isOver) return
      }
    }

    function receive(answer: DnsAnswer): void {
      asked--
      lanes.note(answer)
      if (answer.status === 'TIMEOUT') {
        answered(1)
        places.give()
        return give(answer)
      }
      const toOne = textOf(answer, answer.server)
      const text = directed.delete(toOne) ? toOne : textOf(answer)
      const recorded = settle(text, storeAnswer(answer), answer.ttl)
        .then(
          (exchange) => give({ ...answer, exchange }),
          (error: unknown) => stop.abort(error),
        )
        .finally(() => {
          recording.delete(recorded)
          places.give()
        })
      recording.add(recorded)
    }

    async function read(): Promise<void> {
      try {
        // Never held up by who reads: what waits here would keep its places from others.
        for await (const answer of asking.resolve(toAsk(), both)) receive(answer)
      } catch (error) {
        if (isEngineFailure(error)) context.fail(error)
        throw error
      } finally {
        isOver = true
        answered(asked) // stopped before they were
        places.give(asked)
      }
      await Promise.all(recording)
      stop.signal.throwIfAborted()
    }

    void read().then(
      () => answers.end(refusal),
      (error: unknown) => answers.end(error),
    )
    try {
      yield* answers.read()
    } finally {
      stop.abort(new NetworkError({ outcome: 'cancelled', reason: 'cancelled', detail: 'Nobody reads the answers.' }))
    }
  }

  /** Whether it gave the zone or refused, a server is not asked twice. */
  async function transfer(
    zone: string,
    server: string,
  ): Promise<{ records: DnsRecord[]; exchange: string } | undefined> {
    const question = `AXFR ${canonicalName(zone)} @${canonicalName(server)}`
    const before = (await context.remembered('dns')).get(question)
    // Written by the lines below, in an earlier attempt.
    if (before !== undefined) return before.answer && { ...(before.answer as Transferred), exchange: before.exchange }
    const addresses = await serverAddresses(zone, server)
    let got: Transferred | undefined
    for (const address of addresses) {
      task.spend('query', 1)
      const zoneThere = await transferZone(canonicalName(zone), { address }, { connectTcp }, signal)
      got = zoneThere && { records: zoneThere.records }
      if (got !== undefined) break
    }
    signal.throwIfAborted()
    underWay++
    const exchange = await settle(question, got)
    return got && { ...got, exchange }
  }

  /** The checked addresses of a server that may be asked about a zone: one of the zone's own name servers, or one in scope. */
  async function serverAddresses(zone: string, server: string): Promise<CheckedAddress[]> {
    const zoneName = canonicalName(zone)
    if (!isWithinContact('target', task.contact))
      throw refused(
        'contact-ceiling',
        `${task.module} declares “${task.contact}” contact; a zone transfer asks the target.`,
      )
    checkHost(policy, { name: zoneName }, 'target')
    const host = parseHost(server)
    const { name, address } = host
    const isOwn = isTargetHost(policy, name ?? address)
    const found = name === undefined ? [address] : await lookUps.resolveHost(policy, name, 'relayed', signal)
    if (isOwn || (await serves(zoneName, name, address)))
      return found.map((at) => checkAddress(policy, at, 'target', name ?? zoneName))
    throw refused('not-in-scope', `${server} is not a name server of ${zoneName} and not in scope itself.`)
  }

  async function serves(zone: string, name: string | undefined, address: string | undefined): Promise<boolean> {
    const { records } = await resolve(zone, 'NS')
    const servers = records.filter(({ type }) => type === 'NS').map(({ data }) => canonicalName(data))
    if (name !== undefined) return servers.includes(name)
    for (const server of servers)
      if ((await lookUps.resolveHost(policy, server, 'relayed', signal)).includes(address!)) return true
    return false
  }

  /** TCP for DNS goes through the one dialer, to an address that was checked above. */
  async function connectTcp(address: string, port: number, signal: AbortSignal): Promise<Socket> {
    // Only `serverAddresses` hands addresses to the DNS functions.
    const checked = address as CheckedAddress
    return (await context.dialer.connect({ host: { address }, addresses: [checked] }, port, signal)).socket
  }

  return {
    resolve,
    resolveMany,
    guess,
    isWildcard: (parent, type) => wildcards.isWildcard(canonicalName(parent), type, signal),
    transfer,
  }
}

function isRefusal(error: unknown, reason: string): boolean {
  return error instanceof NetworkError && error.reason === reason
}

/** The answer to a question that was never sent. */
function refusedAnswer({ name, type }: DnsQuestion): DnsAnswer {
  return { name: canonicalName(name), type, status: 'REFUSED', records: [], server: '' }
}

interface Transferred {
  records: DnsRecord[]
}

function readAnswer({ name, type }: DnsQuestion, { answer, ttl, exchange }: Remembered): DnsAnswer {
  // Written by `storeAnswer`.
  const stored = (answer ?? nothing(ttl)) as StoredAnswer
  return { name: canonicalName(name), type, ...stored, exchange }
}
