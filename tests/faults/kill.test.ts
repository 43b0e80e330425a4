import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import type { TrafficEntry } from '@mirage/lab/lab.ts'
import type { DnsAnswer } from '@mirage/model/exchange.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { decodeFrame } from '@mirage/network/frame.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  chance,
  countOf,
  delay,
  demoScan,
  differences,
  Installation,
  type Result,
  type Row,
  rowsOf,
} from './installation.ts'

/**
 * A run whose process is killed again and again ends as an undisturbed one does, and asks nothing twice that was
 * answered. Its modules are chosen so that every kind of traffic is in it.
 */

const kills = 20
/** Tasks that a collector has at the same time. */
const concurrency = 96
/**
 * Questions a kill may leave without a record. These modules ask about the target alone, which is one lane, and a lane
 * asks nothing more while a frame of its questions, 1,000, is not recorded. It also asks each of the lab's three
 * resolvers for four random names, to see whether it lies, and records none of that.
 */
const mostUnrecorded = 1_000 + 3 * 4

const modules =
  'dns-resolve dns-brute http-probe crawler tls-certificate port-scan extract-contacts extract-identifiers extract-secrets'
const scan = demoScan(modules, '--quiet')
/** Modules whose tasks hold as many entities as there are at the moment: how many that makes, and whether one of them finds nothing, is chance. */
const batched = manifest.filter(({ batch }) => batch !== undefined).map(({ id }) => id)

const seed = Number(process.env['MIRAGE_TEST_SEED'] ?? Date.now() % 1_000_000)

/** When a process of the killed run was alive, in milliseconds; `until` is the kill. */
interface Life {
  from: number
  until: number
}

interface Sent {
  /** What was asked, so that the same request has the same text. */
  request: string
  at: number
}

interface Recorded {
  request: string
  /** When its answer was recorded at the latest. */
  at: number
}

interface RecordedQuestion extends Recorded {
  /** Until when its answer holds. */
  until: number
  /** It was a question for one resolver, to be compared with another's. */
  isDirected: boolean
}

describe('a run that is killed again and again', () => {
  let installation: Installation
  let undisturbed: { summary: Row; result: Result }
  let killed: { summary: Row; result: Result; run: string; lives: Life[]; traffic: TrafficEntry[] }

  beforeAll(async () => {
    installation = await Installation.create()
    undisturbed = await runUndisturbed()
    await installation.control('POST', '/clear-log')
    killed = await runKilled()
  }, 600_000)
  afterAll(() => installation?.[Symbol.asyncDispose]())

  async function runUndisturbed(): Promise<typeof undisturbed> {
    const rows = await installation.rows(...scan)
    const summary = rows.at(-1)!
    return { summary, result: await installation.result(summary['run'] as string) }
  }

  /** What a killed process sent last may wait in the lab's sockets for a while; it is not the next one's doing. */
  async function labHasTakenIn(): Promise<number> {
    for (let before = -1; ;) {
      await installation.control('GET', '/')
      const { length } = await installation.traffic()
      if (length === before) return length
      before = length
    }
  }

  /** Waits until more than this has come to the lab, for as long as a suspected task may have to wait and longer. */
  async function isAtWork(before: number): Promise<void> {
    for (const until = Date.now() + 15_000; Date.now() < until;)
      if ((await installation.traffic()).length > before) return
  }

  async function runKilled(): Promise<typeof killed> {
    console.info(`kill.test.ts: MIRAGE_TEST_SEED=${seed}`)
    const random = chance(seed)
    const lives: Life[] = []
    let run: string | undefined
    let sent = 0
    for (let kill = 0; kill < kills; kill++) {
      const from = Date.now()
      const command =
        run === undefined ? installation.start(...scan) : installation.start('resume', run, '--json', '--quiet')
      // It is killed while it starts, reads where it was, begins to work, or is at work, however long each takes it.
      const stage = run === undefined ? 0.3 : random()
      if (stage >= 0.3) await command.says('"kind":"run"')
      if (stage >= 0.6) await isAtWork(sent)
      await delay(random() * 500)
      command.child.kill('SIGKILL')
      const { stdout, signal, stderr } = await command.ended
      expect(signal, stderr).toBe('SIGKILL')
      sent = await labHasTakenIn()
      lives.push({ from, until: Date.now() })
      run ??= rowsOf(stdout.slice(0, stdout.lastIndexOf('\n')))[0]!['run'] as string
    }
    const from = Date.now()
    const summary = (await installation.rows('resume', run!, '--json', '--quiet')).at(-1)!
    lives.push({ from, until: Date.now() })
    const traffic = await installation.traffic()
    return { summary, result: await installation.result(run!), run: run!, lives, traffic }
  }

  it('ends as an undisturbed one, nothing missing and nothing twice', () => {
    expect(differences(undisturbed.result, killed.result)).toEqual([])
    for (const lines of Object.values(killed.result) as string[][])
      expect([...countOf(lines)].filter(([, count]) => count > 1)).toEqual([])
    for (const name of [
      'status',
      'stopReason',
      'losses',
      'entities',
      'observations',
      'relationships',
      'findings',
      'byType',
    ])
      expect({ [name]: killed.summary[name] }).toEqual({ [name]: undisturbed.summary[name] })
  })

  it('has the same outcomes', () => {
    expect(outcomesOf(killed.summary)).toEqual(outcomesOf(undisturbed.summary))
  })

  it('sends nothing again that was answered, and at most what was under way at a kill', async () => {
    const { lives, traffic, run } = killed
    const recorded = await recordedOf(installation, run)
    const sent = sentOf(traffic, [...webPorts, ...recorded.tlsPorts])
    const busy = lives.filter(({ from, until }) => sent.http.some(({ at }) => at >= from && at < until))
    expect(busy.length, 'processes that were killed at work').toBeGreaterThan(3)
    for (const [number, life] of lives.entries()) {
      const about = `process ${number + 1} of ${lives.length}, seed ${seed}`
      expect(sentAgain(sent.http, recorded.http, life), about).toEqual([])
      expect(sentAgain(sent.ports, recorded.ports, life), about).toEqual([])
      expect(askedAgain(sent.dns, recorded.dns, life), about).toEqual([])
      expect(unanswered(sent.http, recorded.http, life).length, about).toBeLessThanOrEqual(concurrency)
      const lost = unrecorded(sent.dns, recorded.dns, life)
      expect(lost.length, `${about}: ${lost.slice(0, 20).join(', ')}`).toBeLessThanOrEqual(mostUnrecorded)
    }
  })
})

/** Ports that are connected to for HTTP as well, again after every kill. */
const webPorts = [80, 443, 8000, 8080, 8443, 8888]

function sentOf(traffic: TrafficEntry[], otherPorts: number[]): { http: Sent[]; dns: Sent[]; ports: Sent[] } {
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
function unanswered(sent: Sent[], recorded: Recorded[], { from, until }: Life): string[] {
  const left = countOf(sent.filter(({ at }) => at >= from && at < until).map(({ request }) => request))
  for (const { request, at } of recorded)
    if (at >= from && at < until && left.has(request)) left.set(request, left.get(request)! - 1)
  return [...left].filter(([, count]) => count > 0).map(([request]) => request)
}

function outcomesOf(summary: Row): unknown {
  const outcomes = summary['outcomes'] as Record<string, Record<string, number>>
  return Object.fromEntries(
    Object.entries(outcomes).map(([module, counts]) => [
      module,
      batched.includes(module) ? Object.keys(counts).filter((outcome) => outcome !== 'empty') : counts,
    ]),
  )
}

function toSent({ at, protocol, host, detail }: TrafficEntry): Sent {
  const [method, path] = [detail.slice(0, detail.indexOf(' ')), detail.slice(detail.indexOf(' ') + 1)]
  return { at: Date.parse(at), request: `${method} ${protocol}://${host}${path}` }
}

/** Requests of this life that it had no need to send: what was asked more often than was left unrecorded before it. */
function sentAgain(sent: Sent[], recorded: Recorded[], { from, until }: Life): string[] {
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
function askedAgain(sent: Sent[], recorded: RecordedQuestion[], { from, until }: Life): string[] {
  const holdsUntil = new Map<string, number>()
  for (const known of recorded)
    if (known.at < from && !known.isDirected)
      holdsUntil.set(known.request, Math.max(known.until, holdsUntil.get(known.request) ?? 0))
  return sent
    .filter(({ request, at }) => at >= from && at < until && at < (holdsUntil.get(request) ?? 0))
    .map(({ request }) => request)
}

/** Questions of this life that no record of it holds. What was sent twice, by UDP and then by TCP, is one question. */
function unrecorded(sent: Sent[], recorded: Recorded[], { from, until }: Life): string[] {
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
async function recordedOf(
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
