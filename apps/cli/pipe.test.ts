import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Interrupted } from './exit.ts'
import { openPeople, type People } from './people.ts'
import { fileOutput } from './output/output.ts'
import { readText, type Waiting } from './pipe.ts'
import { styleOf } from './output/style.ts'

let folder: string
let pipe: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-pipe-'))
  pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Listening extends Waiting {
  stop(): void
  said: Promise<string>
}

function listening(): Listening {
  const { resolve, promise } = Promise.withResolvers<string>()
  const interrupt = new AbortController()
  const people: People = { ...openPeople(new PassThrough(), styleOf(false), 'mirage'), say: resolve }
  return { signal: interrupt.signal, people, said: promise, stop: () => interrupt.abort(new Interrupted('SIGINT')) }
}

test('everything comes out of a pipe, more than it holds at once too', async () => {
  const text = 'ü1'.repeat(300_000)
  const reading = readFile(pipe, 'utf8')
  const output = await fileOutput(pipe, listening())
  await output.write(text)
  await output.end()
  expect((await reading) === text).toBe(true)
})

test('a pipe is waited for until somebody reads it, and says so', async () => {
  const waiting = listening()
  const opening = fileOutput(pipe, waiting)
  expect(await waiting.said).toBe(`Waiting for a reader of ${pipe}.`)
  const reading = readFile(pipe, 'utf8')
  const output = await opening
  await output.write('a line')
  await output.end()
  expect(await reading).toBe('a line')
})

test('an interrupt ends the wait for a reader, and that for one that reads no more', async () => {
  const alone = listening()
  const opening = fileOutput(pipe, alone)
  alone.stop()
  await expect(opening).rejects.toThrow(Interrupted)

  const stuck = listening()
  const reader = createReadStream(pipe, { highWaterMark: 1 })
  const output = await fileOutput(pipe, stuck)
  const writing = output.write('x'.repeat(1_000_000))
  await once(reader, 'readable')
  stuck.stop()
  await expect(writing).rejects.toThrow(Interrupted)
  reader.destroy()
})

test('a reader that leaves is told of by name', async () => {
  const left = once(spawn('head', ['-c', '1', pipe]), 'close')
  const output = await fileOutput(pipe, listening())
  await output.write('x')
  await left
  const more = output.write('y').then(() => output.end())
  await expect(more).rejects.toThrow(`${pipe} cannot be written: its reader has left.`)
})

test('a pipe is read to its end, whoever comes first and however slow', async () => {
  const text = 'ü1'.repeat(300_000)
  const reading = readText(pipe)
  const [, read] = await Promise.all([writeFile(pipe, text), reading])
  expect(read === text).toBe(true)
  const slow = once(spawn('sh', ['-c', `(echo one; sleep 0.2; echo two) > ${pipe}`]), 'close')
  expect(await readText(pipe)).toBe('one\ntwo\n')
  await slow
})

test('what is no pipe is read as a file', async () => {
  const file = join(folder, 'file')
  await writeFile(file, 'a line')
  expect(await readText(file)).toBe('a line')
  await expect(readText(join(folder, 'none'))).rejects.toThrow(/ENOENT/)
})
