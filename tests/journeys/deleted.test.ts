import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { delay, demoScan, Installation } from '../faults/installation.ts'

it('leaves no body of a deleted run behind', { timeout: 120_000 }, async () => {
  await using installation = await Installation.create({
    variables: { MIRAGE_DATA_COLLECTION__SWEEP_AFTER_MS: '200' },
  })
  const bodies = (): number => {
    using pack = new DatabaseSync(join(installation.dataDirectory, 'blobs', 'default', 'pack.db'), { readOnly: true })
    return Number(pack.prepare('select count(*) as bodies from body').get()!['bodies'])
  }
  const summary = (await installation.rows(...demoScan('dns-resolve http-probe', '--quiet'))).at(-1)!
  expect(bodies()).toBeGreaterThan(0)
  const serving = installation.start('serve')
  await serving.says('http')
  const { code, stderr } = await installation.run('delete', summary['run'] as string, '--yes')
  expect(code, stderr).toBe(0)
  while (bodies() > 0) await delay(50)
  serving.child.kill('SIGTERM')
  expect((await serving.ended).code).toBe(0)
})
