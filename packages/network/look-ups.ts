import { canonicalAddress } from '@mirage/model/address.ts'
import type { Contact } from '@mirage/model/contact.ts'
import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { untilAborted } from './limits/deadline.ts'
import { type Earlier, readEarlier, storeAnswer, textOf } from './record/earlier.ts'
import { cancelled, unreachable } from './error.ts'
import type { Recorder } from './record/exchange.ts'
import { encodeFrame, openFrameWriter } from './record/frame.ts'
import { checkQuestion } from './guard.ts'
import type { Lane } from './lanes.ts'
import type { ResolveHost } from './dial/route.ts'

export interface LookUpsOptions {
  workspace: string
  run: string
  recorder: Recorder
  now: () => number
  /** Whether addresses of IPv6 are of any use. */
  wantsIpv6: () => boolean
  /** The lane for a question of this contact. */
  laneOf: (contact: Contact) => Lane
  /** Throws when the way out is not whole, so that nothing is recorded of what came back. */
  confirm: () => Promise<void>
}

/** Who is asked for the addresses of hosts that a run connects to. They belong to the run, not to a task. */
export interface LookUps {
  resolveHost: ResolveHost
  /** What this run asked before the session was opened. Throws a NotRecorded. */
  earlier(): Promise<Earlier>
}

/** Look-ups could not be recorded, or what is recorded not be read: `cause` is what the recorder threw. */
export class NotRecorded extends Error {
  constructor(cause: unknown) {
    super('look-ups cannot be recorded', { cause })
    this.name = 'NotRecorded'
  }
}

/** More names than that have their addresses known by the lanes' caches alone. */
const mostHosts = 20_000

interface Found {
  status: DnsAnswer['status']
  addresses: string[]
  /** Milliseconds. */
  until: number
}

interface Pending {
  found: Promise<Found>
  waiting: number
  stop: AbortController
}

/**
 * Addresses are known as long as their answers hold, are looked up once for all who want them at the same time, and are
 * given when they are recorded, so that a restart asks for none of them again.
 */
export function openLookUps({ workspace, run, recorder, now, wantsIpv6, laneOf, confirm }: LookUpsOptions): LookUps {
  const key = { workspace, run, module: 'hosts', task: '0' }
  const known = new Map<string, Found>()
  const pending = new Map<string, Pending>()
  const writer = openFrameWriter(async (pairs) => {
    await confirm()
    const frame = encodeFrame(key, 'dns', pairs, now())
    await recorder.recordFrame(frame).catch(throwNotRecorded)
    return frame.id
  })
  let underWay = 0
  let earlier: Promise<Earlier> | undefined

  function readOnce(): Promise<Earlier> {
    if (earlier === undefined) {
      earlier = readEarlier(recorder.framesOf({ workspace, run }), now).catch(throwNotRecorded)
      earlier.catch(() => (earlier = undefined))
    }
    return earlier
  }

  async function answerTo(question: DnsQuestion, lane: Lane, signal: AbortSignal): Promise<DnsAnswer> {
    const before = (await readOnce()).get(question)
    if (before !== undefined) return before
    await lane.places.take(signal)
    underWay++
    let recorded: Promise<string> | undefined
    let answer: DnsAnswer
    try {
      answer = await lane.lane.ask(question, signal)
      // Nobody's silence is recorded.
      if (answer.status !== 'TIMEOUT')
        recorded = writer.add({
          question: textOf(question),
          answer: storeAnswer(answer),
          ...(answer.ttl !== undefined && { ttl: answer.ttl }),
        })
    } finally {
      if (--underWay === 0) setImmediate(() => underWay === 0 && writer.flush())
      if (recorded === undefined) lane.places.give()
    }
    await recorded?.finally(() => lane.places.give())
    return answer
  }

  async function lookUp(name: string, contact: Contact, signal: AbortSignal): Promise<Found> {
    const lane = laneOf(contact)
    const asked = [answerTo({ name, type: 'A' }, lane, signal)]
    if (wantsIpv6()) asked.push(answerTo({ name, type: 'AAAA' }, lane, signal))
    const answers = await Promise.all(asked)
    const addresses = new Set<string>()
    for (const { records } of answers)
      for (const { type, data } of records) {
        const address = type === 'A' || type === 'AAAA' ? canonicalAddress(data) : undefined
        if (address !== undefined) addresses.add(address)
      }
    const seconds = Math.min(...answers.map(({ ttl = 0 }) => ttl))
    return { status: answers[0]!.status, addresses: [...addresses], until: now() + seconds * 1_000 }
  }

  async function keep(entry: Pending, about: string): Promise<void> {
    try {
      const found = await entry.found
      if (known.size >= mostHosts) known.clear()
      if (found.until > now()) known.set(about, found)
    } catch {
      // those who wait hear of it
    } finally {
      if (pending.get(about) === entry) pending.delete(about)
    }
  }

  function start(name: string, contact: Contact, about: string): Pending {
    const stop = new AbortController()
    const entry: Pending = { found: lookUp(name, contact, stop.signal), waiting: 0, stop }
    pending.set(about, entry)
    void keep(entry, about)
    return entry
  }

  async function find(name: string, contact: Contact, signal: AbortSignal): Promise<Found> {
    const about = `${laneOf(contact).about} ${name}`
    const before = known.get(about)
    if (before !== undefined && before.until > now()) return before
    const entry = pending.get(about) ?? start(name, contact, about)
    entry.waiting++
    try {
      return await untilAborted(entry.found, signal)
    } finally {
      // Whoever is stopped leaves the others their answer; nothing is asked for nobody.
      if (--entry.waiting === 0 && pending.get(about) === entry) {
        pending.delete(about)
        entry.stop.abort(cancelled())
      }
    }
  }

  return {
    earlier: readOnce,
    async resolveHost(policy, name, declared, signal) {
      const contact = checkQuestion(policy, name, declared === 'target' ? 'relayed' : declared)
      const { status, addresses } = await find(name, contact, signal)
      if (addresses.length > 0) return addresses
      if (status === 'NXDOMAIN' || status === 'NODATA' || status === 'NOERROR') return []
      throw unreachable('no-address', `${name} could not be resolved: ${status}.`)
    },
  }
}

function throwNotRecorded(error: unknown): never {
  throw new NotRecorded(error)
}
