import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Command,
  differences,
  Installation,
  demoScan,
  type Result,
  type Row,
  rowsOf,
} from '../faults/installation.ts'

/**
 * The same story in one process and with each service in a process of its own: a scan of the demo company, what it found,
 * why, what stands out, and all of it exported. Then once more while one service after the other is killed.
 */

const modules =
  'dns-resolve crtsh http-probe crawler tls-certificate port-scan extract-contacts extract-identifiers extract-secrets'
const scan = demoScan(modules, '--quiet')
/** Its one way here is through a certificate, so that there is one right answer to “why”. */
const far = 'mx1.northwind.example'

interface Story {
  run: string
  summary: Row
  result: Result
  domains: string[]
  why: unknown[]
  findings: string[]
}

describe('each service in a process of its own', () => {
  let installation: Installation
  let together: Story
  let server: Command

  beforeAll(async () => {
    installation = await Installation.create()
    together = await tell(await installation.rows(...scan))
    server = installation.start('serve', '--split', '--port', '0')
    await server.says('Ctrl-C stops')
  })
  afterAll(() => installation?.[Symbol.asyncDispose]())

  /** What a person asks of a run that has ended. */
  async function tell(rows: Row[]): Promise<Story> {
    const summary = rows.at(-1)!
    const run = summary['run'] as string
    const [reasons] = await installation.rows('why', run, far, '--json')
    const chain = reasons!['chain'] as { entity: { value: string } }[]
    return {
      run,
      summary,
      result: await installation.result(run),
      domains: (await installation.run('entities', run, '--values=domain')).stdout.split('\n').toSorted(),
      why: chain.map(({ entity }) => entity.value),
      findings: (await installation.rows('findings', run, '--json')).map(({ title }) => String(title)).toSorted(),
    }
  }

  function expectSame(story: Story): void {
    expect(story.summary).toMatchObject({ kind: 'summary', status: 'finished', losses: 0 })
    expect(differences(together.result, story.result)).toEqual([])
    expect({ domains: story.domains, why: story.why, findings: story.findings }).toEqual({
      domains: together.domains,
      why: together.why,
      findings: together.findings,
    })
    expect(story.why).toEqual(['northwind.example', far])
    expect(story.result.findings.length).toBeGreaterThan(5)
  }

  /** The process of each service, as its lock says. */
  function processOf(service: string): number {
    const file = join(installation.dataDirectory, 'locks', `${service}.json`)
    return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid
  }

  it('finds what one process finds', async () => {
    const { stdout, code } = await installation.run(...scan)
    expect(code).toBe(0)
    expectSame(await tell(rowsOf(stdout)))
  })

  it('finds the same when one service after the other is killed in the middle', async () => {
    const command = installation.start(...scan)
    await command.says('"kind":"entity"')
    for (const service of [
      'scan-orchestration',
      'data-storage',
      'correlation-engine',
      'data-collection',
      'api-gateway',
    ]) {
      const pid = processOf(service)
      process.kill(pid, 'SIGKILL')
      await server.says(new RegExp(`${service} ended \\(SIGKILL\\)[\\s\\S]*${service} runs again`))
      expect(processOf(service)).not.toBe(pid)
    }
    const { stdout, code, stderr } = await command.ended
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const rows = rowsOf(stdout)
    const ids = rows.filter(({ kind }) => kind === 'entity').map(({ id }) => id)
    expect(ids.length - new Set(ids).size).toBe(0)
    expectSame(await tell(rows))
  })

  it('refuses a second process of a service, and stops in order', async () => {
    const second = await installation.run('serve', 'data-storage')
    expect({ code: second.code, stderr: second.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`data-storage runs already, in process ${processOf('data-storage')}`),
    })
    server.child.kill('SIGTERM')
    const { code, stderr } = await server.ended
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/Stopping; runs under way are kept\.\n$/),
    })
    expect(existsSync(join(installation.dataDirectory, 'connection.json'))).toBe(false)
    expect(await installation.rows('runs', '--json')).toHaveLength(3)
  })
})
