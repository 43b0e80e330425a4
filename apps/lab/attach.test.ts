import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureLab, runningLab, stopLab } from './lab.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lab-attach-'))
})
afterEach(async () => {
  await stopLab(directory)
  rmSync(directory, { recursive: true, force: true })
})

test('a lab is started once, found again, kept private, and stopped', async () => {
  const wanted = { size: 'demo', seed: 3 } as const
  const [first, second] = await Promise.all([ensureLab(directory, wanted), ensureLab(directory, wanted)])
  expect(second.pid).toBe(first.pid)
  expect(first.pid).not.toBe(process.pid)
  expect((await ensureLab(directory, wanted)).control).toEqual(first.control)
  expect(statSync(join(directory, 'lab.json')).mode & 0o077).toBe(0)
  await expect(ensureLab(directory, { size: '10k', seed: 3 })).rejects.toThrow(`(process ${first.pid}). Stop it first`)
  expect(await stopLab(directory)).toBe(true)
  expect(await runningLab(directory)).toBeUndefined()
  expect(await stopLab(directory)).toBe(false)

  const again = await ensureLab(directory, wanted)
  expect(again.pid).not.toBe(first.pid)
  expect(again.dialMap).toEqual(first.dialMap)
})

test('what a lab left behind, or never was one, is not taken for a lab', async () => {
  writeFileSync(join(directory, 'lab.json'), '{"pid": 1}')
  expect(await runningLab(directory)).toBeUndefined()
})
