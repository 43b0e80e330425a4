import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type LabDescription, labTruth, readLabLog, startLabInNamespace } from '@mirage/lab/lab.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'
import { Installation, type Result, differences, resultOf, rowsOf } from '../faults/installation.ts'

/** The lab in a network namespace: what other people's tools see there is its truth, and a scan there sees it too. */

const run = promisify(execFile)
const name = `mirage-test-${process.pid}`
const root = join(import.meta.dirname, '../..')
const world = { size: 'demo', seed: 7 } as const

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  const programs = missingPrograms('ip', 'dig', 'curl')
  if (programs !== undefined) return programs
  try {
    execFileSync('ip', ['netns', 'add', `${name}-probe`], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'delete', `${name}-probe`], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this machine does not let us make network namespaces'
  }
}

/** Everything that reads the network itself, with what it has for DNS, HTTP, TLS, TCP, WHOIS and providers. */
const modules =
  'dns-resolve,dns-brute,dns-transfer,mail-security,http-probe,tls-certificate,crawler,port-scan,crtsh,rdap-domain,whois'
/** Hosts that let a client wait. */
const slow = ['vault', 'db', 'redis', 'remote', 'vpn', 'jump.corp', 'office-london.corp']
const scan = [
  'scan',
  'northwind.example',
  '--lab',
  '--json',
  '--quiet',
  '--modules',
  modules,
  ...slow.flatMap((label) => ['--exclude', `${label}.northwind.example`]),
]

describeWith('the lab in a network namespace, by other people’s tools', missing(), () => {
  const place = mkdtempSync(join(tmpdir(), 'mirage-netns-'))
  let lab: Awaited<ReturnType<typeof startLabInNamespace>>

  beforeAll(async () => {
    lab = await startLabInNamespace({ name, ...world, directory: join(place, 'lab') })
  })
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]()
    rmSync(place, { recursive: true, force: true, maxRetries: 5 })
  })

  async function inside(program: string, ...args: string[]): Promise<string> {
    const { stdout } = await run('ip', ['netns', 'exec', name, program, ...args], {
      cwd: root,
      maxBuffer: 1 << 28,
      env: { PATH: process.env['PATH'], HOME: place, MIRAGE_DATA: place },
    })
    return stdout
  }

  it('dig sees the addresses, aliases, mail and name servers that the truth has', { timeout: 120_000 }, async () => {
    const expected = new Map<string, Set<string>>()
    for await (const line of labTruth(world)) {
      if (line.kind !== 'relationship' || !line.from.startsWith('domain:')) continue
      const type = { mail_server: 'MX', name_server: 'NS' }[line.type as string] ?? line.qualifier
      if (!['A', 'AAAA', 'CNAME', 'MX', 'NS'].includes(type) || !line.by.includes('dns-resolve')) continue
      const question = `${line.from.slice('domain:'.length)} ${type}`
      const answers = expected.get(question) ?? new Set()
      expected.set(question, answers.add(line.to.slice(line.to.indexOf(':') + 1)))
    }
    expect(expected.size).toBeGreaterThan(50)
    const questions = [...expected.keys()].slice(0, 200)
    const output = await inside('dig', '+noall', '+answer', '+noidnout', ...questions.flatMap((one) => one.split(' ')))
    const seen = new Map<string, Set<string>>()
    for (const line of output.split('\n')) {
      const [owner = '', , , type, ...data] = line.split(/\s+/)
      const question = `${owner.replace(/\.$/, '')} ${type}`
      if (!expected.has(question)) continue
      const value = data.at(-1)!.replace(/\.$/, '')
      seen.set(question, (seen.get(question) ?? new Set()).add(value))
    }
    for (const question of questions) expect([question, seen.get(question)]).toEqual([question, expected.get(question)])
  })

  it('curl meets the web sites that the truth has', { timeout: 120_000 }, async () => {
    const sites: string[] = []
    for await (const line of labTruth(world))
      if (line.kind === 'relationship' && line.type === 'website' && line.by.includes('http-probe'))
        sites.push(line.to.slice('url:'.length))
    expect(sites.length).toBeGreaterThan(10)
    for (const site of sites) {
      const status = await inside(
        'curl',
        '-sk',
        '-o',
        '/dev/null',
        '--max-time',
        '20',
        '-w',
        '%{http_code}',
        site,
      ).catch((error: { stdout?: string }) => error.stdout)
      expect(status, site).not.toBe('000')
    }
  })

  it(
    'a scan in the namespace dials the world itself, and finds what it finds through the map',
    { timeout: 300_000 },
    async () => {
      const { dialMap }: LabDescription = lab.description
      expect(dialMap).toMatchObject({ direct: true, udp: {} })
      const ended = rowsOf(await inside(process.execPath, 'apps/cli/main.ts', ...scan)).at(-1)!
      const id = ended['run'] as string // the last row is the run's
      const exported = rowsOf(await inside(process.execPath, 'apps/cli/main.ts', 'export', id, '--format', 'ndjson'))
      const here: Result = resultOf(exported, id)
      await using outside = await Installation.create()
      const summary = (await outside.rows(...scan)).at(-1)!
      const there = await outside.result(summary['run'] as string)
      expect(here.entities.length).toBeGreaterThan(100)
      expect(differences(there, here)).toEqual([])
      // What goes by the map comes from loopback.
      const senders = new Set<string>()
      for await (const { by, from } of readLabLog(join(place, 'lab')))
        if (by === 'client') senders.add(from.replace(/:\d+$/, ''))
      expect([...senders].sort()).toEqual(['198.18.250.1', '2001:db8:250::1'])
    },
  )
})
