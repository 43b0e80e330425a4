import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { Installation } from '../faults/installation.ts'

// The file that docs/guides/modules-from-a-folder.md shows, named in the line before its block.
const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/modules-from-a-folder.md'), 'utf8')
const [, name = '', text = ''] = /^`(robots\/module\.ts)`:\n\n```ts\n([^]*?)\n```$/m.exec(guide) ?? []

test('the module of the guide is listed, set, tried and run in a scan', { timeout: 180_000 }, async () => {
  const place = mkdtempSync(join(tmpdir(), 'mirage-guide-'))
  const folder = join(place, 'modules')
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
  await using installation = await Installation.create({ place, variables: { MIRAGE_MODULES: folder } })
  const serving = installation.start('serve', '--port', '0')
  await serving.says('API key')

  const listed = await installation.run('modules', '--json', '--consumes', 'domain')
  expect(listed.stdout).toContain('"id":"robots"')
  const tried = await installation.run('module', 'try', 'robots', '--lab')
  expect(tried.stdout).toContain('https://www.northwind.example/internal/')
  expect(tried.stdout.trim().split('\n').length).toBeGreaterThan(1)
  expect((await installation.run('module', 'settings', 'robots', 'most=0')).code).not.toBe(0)
  expect((await installation.run('module', 'settings', 'robots', 'most=1')).code).toBe(0)
  expect((await installation.run('module', 'try', 'robots', '--lab')).stdout.trim().split('\n')).toHaveLength(1)

  const scan = ['scan', 'www.northwind.example', '--lab', '--json', '--quiet', '--modules', 'dns-resolve,robots']
  const rows = await installation.rows(...scan)
  expect(rows.at(-1)).toMatchObject({ status: 'finished', outcomes: { robots: { found: 1 } } })
  const url = rows.find((row) => row['value'] === 'https://www.northwind.example/internal/')
  expect(url).toMatchObject({ kind: 'entity', type: 'url' })
  serving.child.kill('SIGTERM')
  expect((await serving.ended).code).toBe(0)
})
