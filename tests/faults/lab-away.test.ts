import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { delay, demoScan, differences, Installation, type Result } from './installation.ts'

const modules = 'dns-resolve dns-brute http-probe crawler tls-certificate port-scan certspotter whois'
const scan = demoScan(modules, '--quiet')

describe('what a run meets may go away', () => {
  let installation: Installation
  let undisturbed: Result

  beforeAll(async () => {
    installation = await Installation.create()
    const summary = (await installation.rows(...scan)).at(-1)!
    undisturbed = await installation.result(summary['run'] as string)
  }, 120_000)
  afterAll(() => installation?.[Symbol.asyncDispose]())

  async function waitingFor(text: RegExp): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const [run] = await installation.rows('runs', '--json')
      if (text.test(JSON.stringify(run?.['waitingFor'] ?? ''))) return
      await delay(100)
    }
    throw new Error(`no run waits for ${text}: ${JSON.stringify((await installation.rows('runs', '--json'))[0])}`)
  }

  it(
    'the lab dies in the middle: the run says what it waits for, and goes on as if nothing had been when it is back',
    { timeout: 180_000 },
    async () => {
      const command = installation.start(...scan)
      await command.says('"module":"http-probe"')
      await installation.killLab()
      await waitingFor(/lab.*start it with/)
      await delay(2_000)
      await installation.startLab()
      const { code, stderr, stdout } = await command.ended
      expect(code, stderr).toBe(0)
      const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
        run: string
        status: string
        losses: number
      }
      expect(summary).toMatchObject({ status: 'finished', losses: 0 })
      expect(differences(undisturbed, await installation.result(summary.run))).toEqual([])
    },
  )

  it('its network is cut in the middle, and comes back: the same', { timeout: 180_000 }, async () => {
    const command = installation.start(...scan)
    await command.says('"module":"crawler"')
    await installation.control('POST', '/away')
    await waitingFor(/lab/)
    await installation.control('POST', '/back')
    const { code, stderr, stdout } = await command.ended
    expect(code, stderr).toBe(0)
    const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { run: string }
    expect(differences(undisturbed, await installation.result(summary.run))).toEqual([])
  })

  it('two commands on one data directory: one host, one client of it', { timeout: 120_000 }, async () => {
    const host = installation.start(...scan)
    await host.says('"kind":"run"')
    const other = installation.start(
      'scan',
      'northwind.example',
      '--lab',
      '--json',
      '--quiet',
      '--modules',
      'dns-resolve',
    )
    await other.says('"kind":"run"')
    const connection = JSON.parse(readFileSync(join(installation.dataDirectory, 'connection.json'), 'utf8')) as {
      pid: number
    }
    expect(connection.pid).toBe(host.child.pid)
    const [one, two] = await Promise.all([host.ended, other.ended])
    expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0])
    const runs = await installation.rows('runs', '--json')
    expect(runs.slice(0, 2).map(({ status }) => status)).toEqual(['finished', 'finished'])
  })
})
