import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { delay, demoScan, differences, Installation, type Result, type Row } from '../faults/installation.ts'

const modules = 'dns-resolve dns-brute http-probe crawler tls-certificate port-scan'
const scan = demoScan(modules)

describe('a run that is paused or interrupted', () => {
  let installation: Installation
  let undisturbed: Result

  beforeAll(async () => {
    installation = await Installation.create()
    const summary = (await installation.rows(...scan, '--quiet')).at(-1)!
    undisturbed = await installation.result(summary['run'] as string)
  }, 120_000)
  afterAll(() => installation?.[Symbol.asyncDispose]())

  it(
    'sends nothing from a second after the pause on, and ends as an undisturbed one when it goes on',
    { timeout: 120_000 },
    async () => {
      await installation.control('POST', '/clear-log')
      const command = installation.start(...scan)
      await command.says('"module":"crawler"')
      const paused = await installation.run('pause', 'last')
      const silentFrom = Date.now() + 1_000
      expect(paused).toMatchObject({ code: 0 })
      await delay(4_000)
      const traffic = await installation.traffic()
      expect(traffic.length, 'it was at work').toBeGreaterThan(100)
      expect(traffic.filter(({ at }) => Date.parse(at) > silentFrom)).toEqual([])
      const [row] = await installation.rows('runs', '--json')
      expect(row).toMatchObject({ status: 'paused' })

      const resumed = await installation.rows('resume', 'last', '--json', '--quiet')
      expect(resumed.at(-1)).toMatchObject({ kind: 'summary', status: 'finished' })
      expect(await command.ended).toMatchObject({ code: 0 })
      expect(differences(undisturbed, await installation.result(resumed.at(-1)!['run'] as string))).toEqual([])
    },
  )

  it('ends at once when it is interrupted, says how to go on, and does so', { timeout: 120_000 }, async () => {
    const command = installation.start(...scan)
    await command.says('"module":"crawler"')
    command.child.kill('SIGINT')
    const late = Symbol('late')
    const ended = await Promise.race([command.ended, delay(10_000).then(() => late)])
    expect(ended).toMatchObject({ code: 130 })
    const { stderr } = await command.ended
    const run = /resume (run_\w+)/.exec(stderr)?.[1]
    expect(run, stderr).toBeDefined()
    const sent = (await installation.traffic()).length
    await delay(1_500)
    expect((await installation.traffic()).length, 'nothing goes on without its process').toBe(sent)

    const rows: Row[] = await installation.rows('resume', run!, '--json', '--quiet')
    expect(rows.at(-1)).toMatchObject({ kind: 'summary', run, status: 'finished' })
    expect(differences(undisturbed, await installation.result(run!))).toEqual([])
  })
})
