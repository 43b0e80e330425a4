import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import type { TrafficEntry } from '@mirage/lab/lab.ts'
import type { DnsAnswer } from '@mirage/model/exchange.ts'
import { decodeFrame } from '@mirage/network/record/frame.ts'
import { countOf, type Installation } from './installation.ts'

/** What a run sent, as the lab saw it, beside what it recorded: what was sent twice, and what was sent for nothing. */

/** When a process of the killed run was alive, in milliseconds; `until` is the kill. */
export interface Life {
  from: number
  until: number
}

export interface Sent {
  /** What was asked, so that the same request has the same text. */
  request: string
  at: number
}

export interface Recorded {
  request: string
  /** When its answer was recorded at the latest. */
  at: number
}

export interface RecordedQuestion extends Recorded {
  /** Until when its answer holds. */
  until: number
  /** It was a question for one resolver, to be compared with another's. */
  isDirected: boolean
}

/** Ports that are connected to for HTTP as well, again after every kill. */
export const webPorts = [80, 443, 8000, 8080, 8443, 8888]

export function sentOf(traffic: TrafficEntry[], otherPorts: number[]): { http: Sent[]; dns: Sent[]; ports: Sent[] } {
  const mine = traffic.filter(({ by }) => by === 'client')
  const plain = ({ at, detail }: TrafficEntry): Sent => ({ at: Date.parse(at), request: detail })
  return {
    http: mine.filter(({ protocol }) => protocol.startsWith('http')).map(toSent),
    dns: mine.filter(({ protocol }) => protocol === 'dns').map(plain),
    ports: mine
      .filter(({ protocol, detail }) => protocol === 'tcp' && !otherPorts.includes(Number(/\d+$/.exec(detail)?.[0])))
      .map(plain),
  }
}

/** Requests of this life whose answer was not recorded in it. */
export function unanswered(sent: Sent[], recorded: Recorded[], { from, until }: Life): string[] {
  const left = countOf(sent.filter(({ at }) => at >= from && at < until).map(({ request }) => request))
  for (const { request, at } of recorded)
    if (at >= from && at < until && left.has(request)) left.set(request, left.get(request)! - 1)
  return [...left].filter(([, count]) => count > 0).map(([request]) => request)
}

function toSent({ at, protocol, host, detail }: TrafficEntry): Sent {
  const [method, path] = [detail.slice(0, detail.indexOf(' ')), detail.slice(detail.indexOf(' ') + 1)]
  return { at: Date.parse(at), request: `${method} ${protocol}://${host}${path}` }
}

/** Requests of this life that it had no need to send: what was asked more often than was left unrecorded before it. */
export function sentAgain(sent: Sent[], recorded: Recorded[], { from, until }: Life): string[] {
  const inLife = countOf(sent.filter(({ at }) => at >= from && at < until).map(({ request }) => request))
  const known = new Map<string, number>()
  const open = new Map<string, number>()
  for (const { request, at } of recorded) {
    const counts = at < from ? known : open
    counts.set(request, (counts.get(request) ?? 0) + 1)
  }
  return [...inLife]
    .filter(([request, count]) => known.has(request) && count > (open.get(request) ?? 0))
    .map(([request]) => request)
}

/** Questions of this life whose answer was recorded before it and held when they were asked, whoever wanted them. */
export function askedAgain(sent: Sent[], recorded: RecordedQuestion[], { from, until }: Life): string[] {
  const holdsUntil = new Map<string, number>()
  for (const known of recorded)
    if (known.at < from && !known.isDirected)
      holdsUntil.set(known.request, Math.max(known.until, holdsUntil.get(known.request) ?? 0))
  return sent
    .filter(({ request, at }) => at >= from && at < until && at < (holdsUntil.get(request) ?? 0))
    .map(({ request }) => request)
}

/** Questions of this life that no record of it holds. What was sent twice, by UDP and then by TCP, is one question. */
export function unrecorded(sent: Sent[], recorded: Recorded[], { from, until }: Life): string[] {
  const isInLife = ({ at }: Sent): boolean => at >= from && at < until
  const known = new Set(recorded.filter(isInLife).map(({ request }) => request))
  return [...new Set(sent.filter(isInLife).map(({ request }) => request))].filter((request) => !known.has(request))
}

interface ExchangeDocument {
  id: string
  run: string
  at: number
  kind: string
  elapsedMs: number
  asked: { method?: string; url?: string; port?: number }
  answer: { hops?: { url: string }[]; url?: string }
}

interface FrameDocument {
  id: string
  run: string
  module: string
  task: number
  kind: 'dns' | 'tcp'
  at: number
  count: number
  body: string
}

/** What the collector of this run recorded. */
export async function recordedOf(
  { dataDirectory }: Installation,
  run: string,
): Promise<{ http: Recorded[]; dns: RecordedQuestion[]; ports: Recorded[]; tlsPorts: Set<number> }> {
  await using documents = await openSqliteDocuments({
    path: join(dataDirectory, 'data-collection.db'),
    perWorkspace: false,
    use: 'control',
  })
  const exchanges = await documents.collection<ExchangeDocument>({ name: 'exchanges', indexes: { run: ['run', 'at'] } })
  const frames = await documents.collection<FrameDocument>({ name: 'frames', indexes: { run: ['run', 'at'] } })
  const found = {
    http: [] as Recorded[],
    dns: [] as RecordedQuestion[],
    ports: [] as Recorded[],
    tlsPorts: new Set<number>(),
  }
  const all = { index: 'run', equals: { run }, limit: 100_000 }
  for (const { kind, at, elapsedMs, asked, answer } of (await exchanges.scan('default', all)).items)
    if (kind === 'http')
      for (const url of new Set([asked.url!, ...(answer.hops ?? []).map(({ url }) => url), answer.url!]))
        found.http.push({ request: `${asked.method ?? 'GET'} ${url}`, at: at + elapsedMs })
    else if (kind === 'tls') found.tlsPorts.add(asked.port!)
  for (const { id, module, task, kind, at, count, body } of (await frames.scan('default', all)).items) {
    const key = { workspace: 'default', run, module, task: String(task) }
    for (const { question, answer, ttl = 0 } of decodeFrame({
      id,
      key,
      kind,
      at,
      count,
      body: Buffer.from(body, 'base64'),
    }))
      if (kind === 'dns') {
        const [request, server] = question.split(' @') as [string, string?]
        // Answers of the DNS are kept as the network has them.
        const seconds = answer === undefined ? ttl : ((answer as Partial<DnsAnswer>).ttl ?? 0)
        found.dns.push({ request, at, until: at + seconds * 1_000, isDirected: server !== undefined })
      } else
        found.ports.push({
          request: question.replace(
            /^(.*) (\d+)$/,
            (_, address: string, port: string) => `${address.includes(':') ? `[${address}]` : address}:${port}`,
          ),
          at,
        })
  }
  return found
}
