import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { delay, demoScan, Installation, type Row, rowsOf } from './installation.ts'

let installation: Installation
beforeAll(async () => void (installation = await Installation.create()))
afterAll(() => installation?.[Symbol.asyncDispose]())

/** How the crawler's look at each of the hostile pages ends, on HTTP and HTTPS alike. */
const pages: Record<string, string> = {
  large: 'found',
  endless: 'found',
  bomb: 'found',
  'not-gzip': 'found',
  utf8: 'found',
  'deep.json': 'found',
  'deep.html': 'found',
  loop: 'found',
  short: 'unreachable',
  slow: 'timed-out',
  silent: 'timed-out',
  file: 'empty',
  'no-location': 'empty',
}

/** Most memory a process has had, bytes; undefined where the system does not say. */
function peakOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}

describe('hostile hosts', () => {
  /** What all resolvers together know. */
  let resolved: string[] | undefined

  async function entities(): Promise<string[]> {
    const rows: Row[] = await installation.rows(...demoScan('dns-resolve', '--quiet'))
    expect(rows.at(-1)).toMatchObject({ status: 'finished', losses: 0 })
    return rows
      .filter(({ kind }) => kind === 'entity')
      .map(({ id }) => id as string)
      .sort()
  }

  const modules = 'dns-resolve http-probe crawler tls-certificate extract-contacts extract-identifiers extract-secrets'

  it(
    'end with an outcome each, and what is found beside them is what is found without them',
    { timeout: 180_000 },
    async () => {
      const alone = await installation.rows(...demoScan(modules, '--quiet'))
      const expected = await installation.result(alone.at(-1)!['run'] as string)

      const [scan, ...options] = demoScan(modules, '--quiet')
      const command = installation.start(scan!, 'hostile.test', ...options)
      let peak = 0
      while (command.child.exitCode === null && command.child.signalCode === null) {
        peak = Math.max(peak, peakOf(command.child.pid!) ?? 0)
        await delay(100)
      }
      const { code, stdout, stderr } = await command.ended
      expect(code, stderr).toBe(0)
      const rows = rowsOf(stdout)
      const summary = rows.at(-1)!
      expect(summary).toMatchObject({ status: 'finished', losses: 0 })
      expect(peak, 'memory').toBeLessThan(1 << 30)
      const outcomes = Object.values(summary['outcomes'] as Record<string, Record<string, number>>)
      expect(outcomes.flatMap((counts) => Object.keys(counts))).not.toContain('failed')

      const urls = new Map(rows.filter(({ kind }) => kind === 'entity').map(({ id, value }) => [id, value as string]))
      const ended = new Map(
        rows
          .filter(({ kind, module }) => kind === 'task' && module === 'crawler')
          .map(({ entities, outcome }) => [urls.get((entities as string[])[0])!, outcome]),
      )
      for (const scheme of ['http', 'https'])
        for (const [path, outcome] of Object.entries(pages)) {
          const url = `${scheme}://hostile.test/${path}`
          expect([url, ended.get(url)]).toEqual([url, outcome])
        }

      const found = await installation.result(summary['run'] as string)
      // Some things belong to both targets; which of them brought them is not looked at.
      const plain = (line: string): string => line.replace(/"seed":.*?"scope":"\w+",/, '')
      for (const kind of ['entities', 'observations', 'relationships'] as const) {
        const present = new Set(found[kind].map(plain))
        expect(expected[kind].map(plain).filter((line) => !present.has(line))).toEqual([])
      }
    },
  )

  it.each(['compression-loop', 'garbage', 'wrong-id', 'SERVFAIL'])(
    'a resolver that answers with %s costs nothing but time',
    { timeout: 120_000 },
    async (dns) => {
      const expected = (resolved ??= await entities())
      await installation.control('PUT', '/failures/resolver1.root-servers.test', { dns })
      try {
        expect(await entities()).toEqual(expected)
      } finally {
        await installation.control('DELETE', '/failures')
      }
    },
  )
})

describe('bad input', () => {
  const northwind = ['northwind.example', '--lab']

  /** Exit code and message, and that the lab heard nothing. */
  async function refused(...argv: string[]): Promise<string> {
    await installation.control('POST', '/clear-log')
    const { code, stdout, stderr } = await installation.run(...argv)
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
    expect(await installation.traffic()).toEqual([])
    expect(stderr).not.toMatch(/wrong inside|\.ts:\d+/)
    return stderr
  }

  function file(name: string, text: string): string {
    const path = join(installation.dataDirectory, '..', name)
    writeFileSync(path, text)
    return path
  }

  it('an unreadable target is named, with its line where it stands in a list', async () => {
    expect(await refused('scan', '999.1.1.1', '--lab')).toMatch(/999\.1\.1\.1.*not an address/)
    const list = file('targets.txt', '# mine\nnorthwind.example\n999.1.1.1\n\nhttp://[\n')
    const message = await refused('scan', '-l', list, '--lab')
    expect(message).toMatch(/3.*999\.1\.1\.1/)
    expect(message).toMatch(/5.*http:\/\/\[/)
  })

  it.each([
    ['--include', '!!', /!!/],
    ['--exclude', '10.0.0.0/99', /10\.0\.0\.0\/99/],
    ['--modules', 'dns-resolv', /dns-resolv.*dns-resolve/],
    ['--exclude-modules', 'nothing', /nothing/],
    ['--profile', 'footprin', /footprin.*footprint/],
    ['--want', 'emails', /emails/],
    ['--allow', 'everything', /everything/],
    ['--contact', 'some', /some/],
    ['--max-time', 'soon', /soon/],
    ['--max-requests', '-5', /-5/],
    ['--rate', 'fast', /fast/],
    ['--module-rate', 'crtsh', /crtsh/],
    ['--resolvers', '/nowhere/at.all', /\/nowhere\/at\.all/],
    ['--resolvers', '1.2.3.4,nonsense', /nonsense/],
    ['--proxy', 'ftp://x', /ftp/],
    ['--header', 'no-colon', /no-colon/],
    ['--distance', '99', /distance/],
  ])('%s %s is refused with a sentence that names it', async (option, value, message) => {
    expect(await refused('scan', ...northwind, option, value)).toMatch(message)
  })

  it('a run that is not there is named', async () => {
    expect(await refused('show', 'run_nothing')).toMatch(/run_nothing/)
  })

  it('every wrong setting is named at once, wherever it stands', async () => {
    const config = join(installation.dataDirectory, '..', '.config', 'mirage')
    mkdirSync(config, { recursive: true })
    writeFileSync(
      join(config, 'config.yaml'),
      'scan-orchestration:\n  maxRuns: many\n  leasMs: 5\nserver:\n  port: 99999\n',
    )
    try {
      const { code, stderr } = await installation.run('scan', ...northwind)
      expect(code).toBe(2)
      expect(stderr).toMatch(/maxRuns/)
      expect(stderr).toMatch(/leasMs.*leaseMs/)
      expect(stderr).toMatch(/port/)
      expect(stderr).toMatch(/config\.yaml/)
    } finally {
      writeFileSync(join(config, 'config.yaml'), '')
    }
  })
})
