import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

// The files that docs/guides/add-a-module.md shows, each named in the line before its block.
const guide = await readFile(join(import.meta.dirname, '../../docs/guides/add-a-module.md'), 'utf8')
const blocks = [...guide.matchAll(/^`modules\/(harbour\/[^`]+)`[^\n]*:\n\n```\w+\n([^]*?)\n```$/gm)]

// Inside the repository, so that the module finds what it imports; a name with a dot is seen by no other tool.
const place = await mkdtemp(join(import.meta.dirname, '.guide-'))
afterAll(() => rm(place, { recursive: true }))
for (const [, name = '', text = ''] of blocks) {
  await mkdir(dirname(join(place, name)), { recursive: true })
  await writeFile(join(place, name), `${text}\n`)
}

// Registers the tests of the guide's module in this file.
await import(join(place, 'harbour/module.test.ts'))

test('the guide shows every file of the module', () => {
  expect(blocks.map(([, name]) => name)).toEqual([
    'harbour/module.ts',
    'harbour/fixtures/README.md',
    'harbour/fixtures/page-1.json',
    'harbour/fixtures/page-2.json',
    'harbour/module.test.ts',
  ])
})
