import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chance, delay, demoScan, differences, Installation, type Result, type Row, rowsOf } from './installation.ts'

/** What was lost between services is made good: from the recorded answers, and from what data-storage holds. */

const scan = demoScan(
  'dns-resolve dns-brute dns-transfer http-probe crawler tls-certificate mail-security extract-contacts',
  '--quiet',
)
const seed = Number(process.env['MIRAGE_TEST_SEED'] ?? Date.now() % 1_000_000)

/** A graph without times: nodes and edges by their ids, which two equal runs share. */
type Graph = string[]

describe('an installation that loses what lies between its services', () => {
  let installation: Installation
  let undisturbed: { summary: Row; result: Result; graph: Graph }

  beforeAll(async () => {
    installation = await Installation.create()
    const summary = (await installation.rows(...scan)).at(-1)!
    undisturbed = { summary, ...(await everythingOf(summary['run'] as string)) }
  }, 300_000)
  afterAll(() => installation?.[Symbol.asyncDispose]())

  async function everythingOf(run: string): Promise<{ result: Result; graph: Graph }> {
    return { result: await installation.result(run), graph: await graphOf(run) }
  }

  async function graphOf(run: string): Promise<Graph> {
    const { code, stdout, stderr } = await installation.run('export', run, '--format', 'cytoscape')
    expect(code, stderr).toBe(0)
    const { elements } = JSON.parse(stdout) as { elements: Record<'nodes' | 'edges', { data: Row }[]> }
    return [...elements.nodes, ...elements.edges].map(({ data }) => graphLine(data)).sort()
  }

  function remove(...names: string[]): void {
    for (const name of names)
      for (const end of ['', '-wal', '-shm'])
        rmSync(join(installation.dataDirectory, name + end), { recursive: true, force: true })
  }

  /** What is not as in the undisturbed run. */
  function disturbances(summary: Row, { result, graph }: { result: Result; graph: Graph }): string[] {
    const counted = ['status', 'losses', 'entities', 'observations', 'relationships', 'findings', 'byType']
      .map((name) => [name, sorted(summary[name]), sorted(undisturbed.summary[name])])
      .filter(([, now, before]) => now !== before)
      .map(([name, now, before]) => `${name}: ${now} instead of ${before}`)
    const drawn = [
      ...undisturbed.graph.filter((line) => !graph.includes(line)).map((line) => `- ${line}`),
      ...graph.filter((line) => !undisturbed.graph.includes(line)).map((line) => `+ ${line}`),
    ]
    return [...counted, ...differences(undisturbed.result, result), ...drawn]
  }

  it('ends a run whose log was removed again and again as an undisturbed one', async () => {
    console.info(`rebuild.test.ts: MIRAGE_TEST_SEED=${seed}`)
    const random = chance(seed)
    let run: string | undefined
    for (let kill = 0; kill < 5; kill++) {
      const command =
        run === undefined ? installation.start(...scan) : installation.start('resume', run, '--json', '--quiet')
      const isUnderWay = await command.says('"kind":"run"').then(
        () => true,
        () => false,
      )
      if (!isUnderWay) break // it came to its end before the kill
      await delay(100 + random() * 800)
      command.child.kill('SIGKILL')
      const { stdout } = await command.ended
      run ??= rowsOf(stdout.slice(0, stdout.lastIndexOf('\n')))[0]!['run'] as string
      remove('bus.db')
    }
    await installation.run('resume', run!, '--json', '--quiet')
    const ended = await installation.show(run!)
    expect(disturbances({ ...ended, kind: 'summary' }, await everythingOf(run!))).toEqual([])
  }, 180_000)

  it('keeps a finished run as it was when its log is removed', async () => {
    const run = undisturbed.summary['run'] as string
    remove('bus.db')
    expect(disturbances(undisturbed.summary, await everythingOf(run))).toEqual([])
  })

  it('makes the graph and its findings anew when they were removed', async () => {
    const run = undisturbed.summary['run'] as string
    const listed = await installation.rows('findings', run, '--json')
    remove('correlation-engine', 'correlation-engine.db')
    // A question that needs nothing but findings.
    expect(await installation.rows('findings', run, '--json')).toHaveLength(listed.length)
    expect(disturbances(undisturbed.summary, await everythingOf(run))).toEqual([])
    // Also when everything else that could tell was removed.
    remove('correlation-engine', 'correlation-engine.db', 'bus.db')
    expect(disturbances(undisturbed.summary, await everythingOf(run))).toEqual([])
  })
})

/** The text of a value, whatever the order of its names. */
function sorted(value: unknown): string {
  return JSON.stringify(typeof value === 'object' && value !== null ? Object.entries(value).map(String).sort() : value)
}

const timesAndRuns = ['firstSeenAt', 'lastSeenAt', 'runs', 'seen', 'position']

function graphLine(data: Row): string {
  return JSON.stringify(data, (name, value: unknown) => (timesAndRuns.includes(name) ? undefined : value))
}
