import type { TrafficEntry } from '@mirage/lab/lab.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
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
import { askedAgain, type Life, recordedOf, sentAgain, sentOf, unanswered, unrecorded, webPorts } from './sent-again.ts'

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

function outcomesOf(summary: Row): unknown {
  const outcomes = summary['outcomes'] as Record<string, Record<string, number>>
  return Object.fromEntries(
    Object.entries(outcomes).map(([module, counts]) => [
      module,
      batched.includes(module) ? Object.keys(counts).filter((outcome) => outcome !== 'empty') : counts,
    ]),
  )
}
