import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeScaffold } from './scaffold.ts'

// Inside the package, so that the module finds what it imports; a name with a dot is seen by no other tool.
const place = await mkdtemp(join(import.meta.dirname, '.scaffold-'))
afterAll(() => rm(place, { recursive: true }))
const folder = join(place, 'harbour-2')
const written = await writeScaffold(folder, 'harbour-2')

// Registers the tests of the new module in this file: they are the proof that it passes the harness.
await import(join(folder, 'module.test.ts'))

test('a new module is four files and overwrites nothing', async () => {
  expect(written).toEqual(['module.ts', 'module.test.ts', 'fixtures/README.md', 'fixtures/hosts.json'])
  expect(await readFile(join(folder, 'module.ts'), 'utf8')).toContain("title: 'Harbour 2'")
  await expect(writeScaffold(folder, 'harbour-2')).rejects.toThrow('EEXIST')
})
