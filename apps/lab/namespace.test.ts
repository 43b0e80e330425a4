import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readLabLog, startLabInNamespace } from './lab.ts'

const run = promisify(execFile)
const name = `lab-test-${process.pid}`

/** Why the namespace cannot be had here; undefined when it can. */
function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  try {
    execFileSync('ip', ['netns', 'add', `${name}-probe`], { stdio: 'pipe' })
    execFileSync('ip', ['netns', 'delete', `${name}-probe`], { stdio: 'pipe' })
    execFileSync('curl', ['--version'], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `needs iproute2, curl and the right to make namespaces (${error instanceof Error ? error.message : String(error)})`
  }
}

const reason = missing()

describe.skipIf(reason !== undefined)(
  `the lab in a network namespace${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'lab-netns-'))
    let lab: Awaited<ReturnType<typeof startLabInNamespace>> | undefined
    beforeAll(async () => {
      lab = await startLabInNamespace({ name, size: 'demo', seed: 7, directory })
    })
    afterAll(async () => {
      await lab?.[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true })
    })

    async function curl(...args: string[]): Promise<string> {
      const { stdout } = await run('ip', ['netns', 'exec', name, 'curl', '-sS', '--max-time', '10', ...args])
      return stdout
    }

    test('any tool resolves, connects and trusts as in the real one', async () => {
      expect(await curl('https://www.northwind.example/')).toContain('<title>Northwind Trading</title>')
      expect(
        await curl('-6', '-o', '/dev/null', '-w', '%{http_code} %{remote_ip}', 'https://www.northwind.example/'),
      ).toMatch(/^200 2001:db8:8::/)
      expect(await curl('https://internetdb.shodan.io/198.18.77.77')).toContain('No information available')
    })

    test('a bad certificate, a closed port and an address that nobody has are what they are', async () => {
      await expect(curl('https://vpn.northwind.example/')).rejects.toThrow('certificate has expired')
      await expect(curl('http://ftp.northwind.example/')).rejects.toThrow('Failed to connect')
      await expect(curl('http://198.18.77.77/')).rejects.toThrow('Failed to connect')
    })

    test('the log and the description are outside, for who looks on', async () => {
      expect(lab?.description.namespace).toBe(name)
      expect(readFileSync(join(directory, 'lab.json'), 'utf8')).toContain(`"namespace": "${name}"`)
      const entries = await Array.fromAsync(readLabLog(directory))
      expect(entries.some(({ host, detail }) => host === 'www.northwind.example' && detail === 'GET /')).toBe(true)
    })
  },
)

test.skipIf(reason !== undefined)('nothing of a namespace is left when its lab ends', async () => {
  const gone = `${name}-gone`
  const directory = mkdtempSync(join(tmpdir(), 'lab-netns-'))
  const lab = await startLabInNamespace({ name: gone, size: 'demo', seed: 7, directory })
  await lab[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
  expect((await run('ip', ['netns', 'list'])).stdout).not.toContain(gone)
  expect(existsSync(`/etc/netns/${gone}`)).toBe(false)
})

test('a name that is none is refused before anything is made', async () => {
  await expect(startLabInNamespace({ name: '../x', size: 'demo', seed: 7, directory: '/nonexistent' })).rejects.toThrow(
    'is no name',
  )
})
