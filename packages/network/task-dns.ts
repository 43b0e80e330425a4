import type { Socket } from 'node:net'
import type { DnsAnswer, DnsQuestion, DnsRecord, RecordType } from '@mirage/model/exchange.ts'
import { isWithinContact } from '@mirage/model/contact.ts'
import { contentId } from '@mirage/model/id.ts'
import type { LaneQuestion, Questions } from './dns/answer-stream.ts'
import { guessNames } from './dns/guess.ts'
import type { DnsLane } from './dns/lane.ts'
import { NetworkError, refused } from './error.ts'
import { openFrameWriter } from './frame.ts'
import { transferZone } from './dns/transfer.ts'
import { type Asker, openWildcards } from './dns/wildcard.ts'
import {
  type CheckedAddress,
  canonicalName,
  checkAddress,
  checkHost,
  checkQuestion,
  isTargetHost,
  parseHost,
} from './guard.ts'
import { openQueue } from './queue.ts'
import type { Remembered, Task, TaskContext } from './task.ts'

/** Answers read ahead of the module before the lane is left alone. */
const readAhead = 4_096

/**
 * DNS for a task. Every name is checked before it is asked; an answer is given when the frame that holds it is
 * recorded, and what an earlier attempt recorded is not asked again. Nobody's silence is recorded.
 */
export function openTaskDns(context: TaskContext): Task['dns'] {
  const { lanes, signal, task, policy } = context
  const writer = openFrameWriter((pairs) => context.recordFrame('dns', pairs))
  let underWay = 0

  /** Throws when this name may not be asked by this task. */
  function check(name: string): void {
    if (task.contact === 'none')
      throw refused('contact-ceiling', `${task.module} declares no contact and asked for the address of ${name}.`)
    checkQuestion(policy, name, isWithinContact(task.contact, 'relayed') ? task.contact : 'relayed')
  }

  /** A run that may not relay asks by the lane that is kept apart from the target. */
  function lane(): DnsLane {
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
  function settle(question: string, answer: object | undefined): Promise<string> {
    const recorded = writer.add({ question, answer })
    answered(1)
    return recorded
  }

  const asker: Asker = {
    get servers() {
      return lane().servers
    },
    resolve: resolveMany,
  }
  // Random labels that a later attempt draws again, so that what was asked of them is known.
  let labels = 0
  const label = (): string => contentId(`${context.options.run}\n${task.task}\n${labels++}`).slice(0, 16)
  const wildcards = openWildcards(asker, { label })

  async function* guess(parent: string, labels: Iterable<string>): AsyncGenerator<DnsAnswer, void, void> {
    const name = canonicalName(parent)
    const { discarded, unanswered } = yield* guessNames(asker, wildcards, name, labels, { label }, signal)
    if (discarded > 0 || unanswered > 0)
      context.network.log.warn('guesses were lost', { parent: name, discarded, unanswered })
  }

  async function resolve(name: string, type: RecordType): Promise<DnsAnswer> {
    check(name)
    for await (const answer of resolveMany([{ name, type }])) return answer
    throw signal.reason
  }

  async function* resolveMany(questions: Questions): AsyncGenerator<DnsAnswer, void, void> {
    const known = await context.remembered('dns')
    const answers = openQueue<DnsAnswer>()
    const recording = new Set<Promise<void>>()
    const stop = new AbortController()
    let refusal: unknown
    let asked = 0

    /** Questions for one resolver, as they are recorded; its answer names it. */
    const directed = new Set<string>()

    /** True when the question is to be asked; what is known is answered here. After a refusal nothing more is asked. */
    function admit(question: LaneQuestion): boolean {
      const server = question.via === undefined ? undefined : lane().servers[question.via]
      const text = textOf(question, server)
      const before = known.get(text)
      if (before !== undefined) {
        answers.push(readAnswer(question, before))
        return false
      }
      try {
        check(question.name)
        task.spend('query', 1)
      } catch (error) {
        // One excluded name among many is no reason to end the rest.
        if (error instanceof NetworkError && error.reason === 'excluded')
          answers.push({
            name: canonicalName(question.name),
            type: question.type,
            status: 'REFUSED',
            records: [],
            server: '',
          })
        else refusal = error
        return false
      }
      if (server !== undefined) directed.add(text)
      asked++
      underWay++
      return true
    }

    function receive(answer: DnsAnswer): void {
      asked--
      lanes.note(answer)
      if (answer.status === 'TIMEOUT') {
        answered(1)
        return answers.push(answer)
      }
      const toOne = textOf(answer, answer.server)
      const recorded = settle(directed.delete(toOne) ? toOne : textOf(answer), storeAnswer(answer)).then(
        (exchange) => answers.push({ ...answer, exchange }),
        (error: unknown) => stop.abort(error),
      )
      recording.add(recorded)
      void recorded.then(() => recording.delete(recorded))
    }

    async function read(): Promise<void> {
      const ask =
        Symbol.iterator in questions
          ? filter(questions, admit, () => refusal !== undefined)
          : filterAsync(questions, admit, () => refusal !== undefined)
      try {
        for await (const answer of lane().resolve(ask, AbortSignal.any([signal, stop.signal]))) {
          receive(answer)
          // A store that is slow, or full, holds back the questions too.
          const [oldest] = recording
          if (recording.size > readAhead) await oldest
          if (answers.size > readAhead) await answers.drained()
        }
      } finally {
        answered(asked) // stopped before they were
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
    const found = name === undefined ? [address] : await lanes.resolveHost(policy, name, 'relayed', signal)
    if (isOwn || (await serves(zoneName, name, address)))
      return found.map((at) => checkAddress(policy, at, 'target', name ?? zoneName))
    throw refused('not-in-scope', `${server} is not a name server of ${zoneName} and not in scope itself.`)
  }

  async function serves(zone: string, name: string | undefined, address: string | undefined): Promise<boolean> {
    const { records } = await resolve(zone, 'NS')
    const servers = records.filter(({ type }) => type === 'NS').map(({ data }) => canonicalName(data))
    if (name !== undefined) return servers.includes(name)
    for (const server of servers)
      if ((await lanes.resolveHost(policy, server, 'relayed', signal)).includes(address!)) return true
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

interface Transferred {
  records: DnsRecord[]
}

function* filter<T>(items: Iterable<T>, wanted: (item: T) => boolean, isOver: () => boolean): Generator<T, void, void> {
  for (const item of items) {
    if (wanted(item)) yield item
    if (isOver()) return
  }
}

async function* filterAsync<T>(
  items: AsyncIterable<T>,
  wanted: (item: T) => boolean,
  isOver: () => boolean,
): AsyncGenerator<T, void, void> {
  for await (const item of items) {
    if (wanted(item)) yield item
    if (isOver()) return
  }
}

function textOf({ name, type }: DnsQuestion, server?: string): string {
  return `${type} ${canonicalName(name)}${server === undefined ? '' : ` @${server}`}`
}

/** What a frame holds of an answer: nothing where the name does not exist, unless an alias led to that. */
function storeAnswer({ status, records, server }: DnsAnswer): object | undefined {
  return status === 'NXDOMAIN' && records.length === 0 ? undefined : { status, records, server }
}

function readAnswer({ name, type }: DnsQuestion, { answer, exchange }: Remembered): DnsAnswer {
  // Written by `storeAnswer`.
  const stored = (answer ?? { status: 'NXDOMAIN', records: [], server: '' }) as Omit<DnsAnswer, 'name' | 'type'>
  return { name: canonicalName(name), type, ...stored, exchange }
}
