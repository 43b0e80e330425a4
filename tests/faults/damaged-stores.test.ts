import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoScan, differences, Installation, type Result, rowsOf } from './installation.ts'

/** What a person sees when files of the stores are damaged, and that what `doctor` then says is the way out. */

const scan = demoScan('dns-resolve certspotter http-probe whois', '--quiet')
const graph = 'correlation-engine/graph/default.db'

describe('an installation with a damaged store', () => {
  let installation: Installation
  let undisturbed: { run: string; result: Result }

  beforeAll(async () => {
    installation = await Installation.create()
    const run = (await installation.rows(...scan)).at(-1)!['run'] as string
    undisturbed = { run, result: await installation.result(run) }
  }, 120_000)
  afterAll(() => installation?.[Symbol.asyncDispose]())

  /** Writes over a file, while nothing runs, and answers what puts it right again. */
  function spoil(file: string, change: (bytes: Buffer) => Buffer): () => void {
    const path = join(installation.dataDirectory, file)
    const before = readFileSync(path)
    writeFileSync(path, change(Buffer.from(before)))
    return () => writeFileSync(path, before)
  }

  function remove(file: string): void {
    for (const path of globSync(`${file}*`, { cwd: installation.dataDirectory }))
      rmSync(join(installation.dataDirectory, path))
  }

  /** What `doctor` says is bad. */
  async function complaints(): Promise<string[]> {
    const { stdout } = await installation.run('doctor', '--json')
    return rowsOf(stdout).flatMap(({ state, text }) => (state === 'bad' ? [String(text)] : []))
  }

  it('ends a scan that meets it with 1 and the reason, and goes on when it is repaired as doctor says', async () => {
    const noHeader = spoil(graph, (bytes) => bytes.fill(0xa5, 0, 100))
    const { code, stdout, stderr } = await installation.run(...scan)
    const run = rowsOf(stdout)[0]!['run'] as string
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`graph/default.db” is damaged.*mirage doctor[^]*mirage resume ${run}`)),
    })
    expect(await installation.show(run)).toMatchObject({ status: 'paused' })
    expect(await complaints()).toEqual([
      expect.stringMatching(/^correlation-engine\/graph\/default.db is damaged.*made again/),
    ])
    noHeader()
    remove(graph)
    expect((await installation.rows('resume', run, '--json', '--quiet')).at(-1)).toMatchObject({
      status: 'finished',
      losses: 0,
    })
    expect(differences(undisturbed.result, await installation.result(run))).toEqual([])
    expect(await complaints()).toEqual([])
  }, 120_000)

  it('finds everything again when the search index was deleted', async () => {
    const listed = await installation.rows('entities', undisturbed.run, '--json')
    remove('data-storage/search/default.db')
    expect(await installation.rows('entities', undisturbed.run, '--json')).toEqual(listed)
  }, 60_000)

  it('says in words what is wrong with a file that nothing replaces, and no command hangs or succeeds over it', async () => {
    const whole = spoil('scan-orchestration.db', (bytes) => bytes.fill(0xa5, 0, 100))
    for (const words of [['runs'], ['show', 'last'], ['export', 'last'], scan]) {
      const { code, stderr } = await installation.run(...words)
      expect({ words, code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('scan-orchestration.db” is damaged'),
      })
    }
    expect(await complaints()).toEqual([expect.stringMatching(/^scan-orchestration.db is damaged.*from a backup/)])
    whole()
    expect(await installation.rows('runs', '--json')).toHaveLength(2)
  }, 60_000)

  it('shows the others beside an entity that the disk has changed, and does not call an export of them whole', async () => {
    const name = '"value":"www.northwind.example"'
    const whole = spoil('data-storage/default.db', (bytes) => {
      for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) bytes.write('\u0001', at)
      return bytes
    })
    const { code, stdout, stderr } = await installation.run('entities', undisturbed.run, '--json')
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^1 of \d+ could not be read.*doctor/) })
    expect(rowsOf(stdout).length).toBeGreaterThan(20)
    expect(rowsOf(stdout).map((row) => row['value'])).not.toContain('www.northwind.example')
    const exported = await installation.run('export', undisturbed.run, '--format', 'ndjson')
    expect(exported).toMatchObject({ code: 1, stderr: expect.stringMatching(/left out .* damaged .*mirage doctor/) })
    expect(exported.stdout.split('\n').length).toBeGreaterThan(20)
    expect(await complaints()).toEqual([expect.stringMatching(/^data-storage\/default.db is damaged.*cannot be read/)])
    whole()
  }, 60_000)

  it('is looked at while it is served, too', async () => {
    const serving = installation.start('serve', '--port', '0')
    await serving.says('Ctrl-C stops')
    expect(await complaints()).toEqual([])
    serving.child.kill('SIGINT')
    expect(await serving.ended).toMatchObject({ code: 0 })
  }, 60_000)
})
