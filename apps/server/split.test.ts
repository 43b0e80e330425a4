import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startSplit } from './split.ts'
import { startMirage } from './start.ts'

/** Two services are enough to see processes start, die, come back and stop; `tests/journeys/split.test.ts` runs all. */
const services = ['auth', 'api-gateway']

let dataDirectory: string
let lines: string[]
const say = (line: string): void => void lines.push(line)
beforeEach(() => {
  lines = []
  dataDirectory = mkdtempSync(join(tmpdir(), 'mirage-split-'))
  vi.stubEnv('MIRAGE_CONFIG', join(dataDirectory, 'none.yaml'))
  vi.stubEnv('MIRAGE_MASTER_KEY', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(dataDirectory, { recursive: true, force: true })
})

function isAlive(pid: number | undefined): boolean {
  try {
    return process.kill(pid!, 0)
  } catch {
    return false
  }
}

function statusOfKeys(url: string | undefined): Promise<number> {
  const key = readFileSync(join(dataDirectory, 'api-key'), 'utf8').trim()
  return fetch(`${url}/api/v1/api-keys`, { headers: { authorization: `Bearer ${key}` } }).then(({ status }) => status)
}

describe('each service in a process of its own', () => {
  it('answers as one, starts again what was killed at the same address, and leaves nothing behind', async () => {
    const split = await startSplit({ dataDirectory, services, port: 0, say })
    const first = split.processes()
    expect(new Set([process.pid, ...Object.values(first)]).size).toBe(3)
    expect(await statusOfKeys(split.url)).toBe(200)

    for (const service of services) {
      process.kill(first[service]!, 'SIGKILL')
      await vi.waitFor(() => expect(lines.at(-1)).toMatch(`${service} runs again`), { timeout: 30_000 })
      expect(await statusOfKeys(split.url)).toBe(200)
    }
    expect(lines[0]).toBe('auth ended (SIGKILL); it starts again in 0.2 s.')

    await split[Symbol.asyncDispose]()
    expect(Object.values(split.processes()).map(isAlive)).toEqual([false, false])
    expect(existsSync(join(dataDirectory, 'connection.json'))).toBe(false)
  })

  it('ends a service that hangs and starts it again, and none that answers', async () => {
    await using split = await startSplit({ dataDirectory, services, port: 0, say, askEveryMs: 100, answerMs: 1_000 })
    const first = split.processes()
    process.kill(first['auth']!, 'SIGSTOP')
    await vi.waitFor(() => expect(lines.at(-1)).toMatch('auth runs again'), { timeout: 30_000 })
    expect(lines[0]).toBe(`auth does not answer any more: process ${first['auth']} is ended.`)
    expect(await statusOfKeys(split.url)).toBe(200)
    expect(isAlive(first['auth'])).toBe(false)
    expect(split.processes()['api-gateway']).toBe(first['api-gateway'])
  })

  it('waits for a service that is away and being started again', async () => {
    await using split = await startSplit({ dataDirectory, services, port: 0, say })
    process.kill(split.processes()['auth']!, 'SIGKILL')
    expect(await statusOfKeys(split.url)).toBe(200)
  })

  it('starts none where one cannot, and says why', async () => {
    {
      await using _other = await startMirage({ dataDirectory, services: ['auth'] })
      await expect(startSplit({ dataDirectory, services, port: 0, say })).rejects.toThrow(
        /auth runs already, in process/,
      )
    }
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    await expect(startSplit({ dataDirectory, services, port, say })).rejects.toThrow(
      `Another program listens on port ${port} of 127.0.0.1.`,
    )
    await new Promise((resolve) => taken.close(resolve))
    await using again = await startMirage({ dataDirectory, services })
    expect(again.services).toEqual(services)
  })
})
