import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MirageError } from '@mirage/kit/errors.ts'
import type { RunEvent } from '@mirage/services/scan-orchestration/contract.ts'
import { jsonLinesOf, linesOf, runCommand } from '../fake/cli.ts'
import { startFakeGateway } from '../fake/gateway.ts'
import { pageOf, sampleHandlers, sampleRun } from '../fake/world.ts'

const { run } = sampleRun()

test.runIf(existsSync('/dev/full'))('a disk that fills up is said, and where the results are', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stderr } = await runCommand(['scan', 'example.com', '-o', '/dev/full', '--json', '--quiet'], {
    gateway,
  })
  expect({ code, lines: linesOf(stderr) }).toEqual({
    code: 1,
    lines: ['/dev/full cannot be written: the disk is full.', expect.stringContaining(run)],
  })
})

test('a pipe with a name gets everything once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await using gateway = await startFakeGateway(sampleHandlers())
  const [text, { code }] = await Promise.all([
    readFile(pipe, 'utf8'),
    runCommand(['scan', 'example.com', '-o', pipe, '--json', '--quiet'], { gateway }),
  ])
  await rm(folder, { recursive: true })
  expect({ code, lines: jsonLinesOf(text).length }).toEqual({ code: 0, lines: 8 })
})

test('a run that waits long says for what, and what is wrong there', async () => {
  const waiting = sampleRun({ status: 'running', waitingFor: 'correlation-engine to catch up' })
  const handlers = sampleHandlers({
    events: [
      ...Array.from({ length: 50 }, (): RunEvent => ({ kind: 'progress', run: waiting, lanes: [] })),
      { kind: 'ended', run: sampleRun({ status: 'finished' }) },
    ],
  })
  await using gateway = await startFakeGateway(handlers)
  const lineOf = async (...words: string[]): Promise<string[]> => {
    const { stderr } = await runCommand(['scan', 'example.com', ...words], { gateway })
    return linesOf(stderr).filter((line) => line.startsWith('The run waits'))
  }
  expect(await lineOf()).toEqual(['The run waits for correlation-engine to catch up.'])
  expect(await lineOf('--silent')).toEqual([])
  let asked = 0
  Object.assign(handlers.correlation!, {
    listFindings() {
      if (++asked > 1) return pageOf([])
      throw new MirageError({ code: 'store.unavailable', status: 503, detail: '“graph.db” is not a database.' })
    },
  })
  expect(await lineOf('--silent')).toEqual([
    'The run waits for correlation-engine to catch up: “graph.db” is not a database.',
  ])
})

test('a run that is paused for what is broken is not waited for', async () => {
  const broken = '“graph.db” is damaged: file is not a database. “mirage doctor” says what to do about it.'
  const running = sampleRun({ status: 'running' })
  async function* told(): AsyncIterable<RunEvent> {
    yield { kind: 'progress', run: running, lanes: [] }
    yield { kind: 'progress', run: { ...running, status: 'paused', halted: broken }, lanes: [] }
    await new Promise(() => undefined) // nobody resumes it
  }
  await using gateway = await startFakeGateway(sampleHandlers({ run: running, events: told() }))
  const { code, stderr } = await runCommand(['scan', 'example.com', '--quiet'], { gateway })
  expect({ code, lines: linesOf(stderr) }).toEqual({
    code: 1,
    lines: [`The run is paused: ${broken}`, `What was found is kept. Go on with: mirage resume ${run}`],
  })
})
