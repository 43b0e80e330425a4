import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import type { Frame } from './exchange.ts'
import { decodeFrame } from './frame.ts'
import { canonicalName } from '../guard.ts'

/** What a run asked the DNS before its session was opened, as long as it holds: a restart has forgotten the lanes' caches. */
export interface Earlier {
  /** The answer with the seconds that are left of it. */
  get(question: DnsQuestion): DnsAnswer | undefined
}

interface Kept {
  answer: StoredAnswer
  until: number
}

/** What a frame holds of an answer. */
export type StoredAnswer = Omit<DnsAnswer, 'name' | 'type' | 'exchange'>

/** Of each: look-ups of hosts, and answers to tasks. More would take longer to read than to ask for. */
const mostAnswers = 50_000

/** Reads the frames of a run, oldest first, and keeps the latest answers that still hold at `now()`. */
export async function readEarlier(frames: AsyncIterable<Frame>, now: () => number): Promise<Earlier> {
  const hosts = openLatest()
  const others = openLatest()
  for await (const frame of frames) if (frame.kind === 'dns') (frame.key.module === 'hosts' ? hosts : others).add(frame)
  const known = new Map<string, Kept>()
  for (const frame of [...others.frames, ...hosts.frames])
    for (const { question, answer, ttl } of decodeFrame(frame)) {
      // Written by `storeAnswer`, or of a transfer, whose question no other has.
      const stored = (answer ?? nothing(ttl)) as StoredAnswer
      const until = frame.at + (stored.ttl ?? 0) * 1_000
      if (until > now() && until > (known.get(question)?.until ?? 0)) known.set(question, { answer: stored, until })
    }
  return {
    get(question) {
      const kept = known.get(textOf(question))
      const seconds = kept === undefined ? 0 : Math.floor((kept.until - now()) / 1_000)
      if (kept === undefined || seconds <= 0) return undefined
      return { name: canonicalName(question.name), type: question.type, ...kept.answer, ttl: seconds }
    },
  }
}

/** The last frames of many that hold about so many answers. */
function openLatest(): { frames: Frame[]; add(frame: Frame): void } {
  const frames: Frame[] = []
  let answers = 0
  return {
    frames,
    add(frame) {
      frames.push(frame)
      answers += frame.count
      while (answers - frames[0]!.count >= mostAnswers) answers -= frames.shift()!.count
    },
  }
}

/** A question as frames hold it; with the resolver where only that one was to answer. */
export function textOf({ name, type }: DnsQuestion, server?: string): string {
  return `${type} ${canonicalName(name)}${server === undefined ? '' : ` @${server}`}`
}

/** What a frame holds of an answer: nothing where the name does not exist, unless an alias led to that or records prove it. */
export function storeAnswer({ status, records, proof, server, ttl }: DnsAnswer): StoredAnswer | undefined {
  if (status === 'NXDOMAIN' && records.length === 0 && proof === undefined) return undefined
  return { status, records, ...(proof && { proof }), server, ...(ttl !== undefined && { ttl }) }
}

/** The answer that a frame holds for nothing. */
export function nothing(ttl: number | undefined): StoredAnswer {
  return { status: 'NXDOMAIN', records: [], server: '', ...(ttl !== undefined && { ttl }) }
}
