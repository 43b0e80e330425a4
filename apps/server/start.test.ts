import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { socketOf } from './data-directory/socket.ts'
import { startMirage } from './start.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirage-start-'))
  vi.stubEnv('MIRAGE_CONFIG', join(directory, 'none.yaml'))
  vi.stubEnv('MIRAGE_MASTER_KEY', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true, force: true })
})

describe('the platform', () => {
  it('starts, tells its clients how to reach it and nobody else, and leaves nothing behind', async () => {
    const dataDirectory = join(directory, 'data')
    const connection = join(dataDirectory, 'connection.json')
    {
      await using server = await startMirage({ dataDirectory, port: 0 })
      expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      expect(statSync(connection).mode & 0o777).toBe(0o600)
      const told = JSON.parse(readFileSync(connection, 'utf8')) as Record<string, unknown>
      expect(told).toEqual({ url: server.url, socket: expect.any(String), apiKey: server.apiKey, pid: process.pid })
      expect(readFileSync(server.keyFile, 'utf8').trim()).toBe(server.apiKey)

      const ready = await fetch(`${server.url}/health/ready`)
      expect(ready.status).toBe(200)
      const runs = await fetch(`${server.url}/api/v1/runs`, { headers: { authorization: `Bearer ${server.apiKey}` } })
      expect(await runs.json()).toMatchObject({ items: [], total: 0 })
      await server.idle()
    }
    expect(existsSync(connection)).toBe(false)
    expect(readFileSync(join(dataDirectory, 'logs', 'mirage.ndjson'), 'utf8')).not.toContain('mirage_')
  })

  it('has one host a data directory, and the next once that has gone', async () => {
    const dataDirectory = join(directory, 'data')
    const services = ['auth', 'api-gateway']
    {
      await using first = await startMirage({ dataDirectory, services })
      expect(first.url).toBeUndefined()
      await expect(startMirage({ dataDirectory, services })).rejects.toMatchObject({
        code: 'host.locked',
        retryable: true,
      })
      expect(existsSync(join(dataDirectory, 'connection.json'))).toBe(true)
    }
    await using second = await startMirage({ dataDirectory, services })
    expect(second.apiKey).toMatch(/^mirage_/)
  })

  it('runs in parts, each service once: who is no host leaves no connection.json', async () => {
    const dataDirectory = join(directory, 'data')
    await using _parts = await startMirage({ dataDirectory, services: ['auth', 'visualization'] })
    expect(existsSync(join(dataDirectory, 'connection.json'))).toBe(false)
    await using _other = await startMirage({ dataDirectory, services: ['module-registry'] })
    await expect(startMirage({ dataDirectory, services: ['visualization', 'data-storage'] })).rejects.toMatchObject({
      code: 'host.apart',
      detail: `visualization runs already, in process ${process.pid}. Of one data directory, each service runs once: ${dataDirectory}.`,
    })
    await using host = await startMirage({ dataDirectory, services: ['api-gateway'], port: 0 })
    expect(host.services).toEqual(['api-gateway'])
    const keys = await fetch(`${host.url}/api/v1/keys`, { headers: { authorization: `Bearer ${host.apiKey}` } })
    expect(keys.status).toBe(200)
  })

  it('does not become a whole where parts run without a host, and names what to start', async () => {
    const dataDirectory = join(directory, 'data')
    await using _part = await startMirage({ dataDirectory, services: ['auth', 'module-registry'] })
    await expect(startMirage({ dataDirectory })).rejects.toMatchObject({
      code: 'host.apart',
      retryable: false,
      detail: expect.stringMatching(
        /runs only auth, module-registry of .*: mirage serve data-storage correlation-engine scan-orchestration data-collection visualization api-gateway$/,
      ),
    })
  })

  it('gives the data directory free when it cannot start', async () => {
    const dataDirectory = join(directory, 'data')
    const services = ['auth']
    await expect(startMirage({ dataDirectory, services, flags: { stores: { sql: 'sqlit:' } } })).rejects.toMatchObject({
      code: 'settings.invalid',
      detail: '“sqlit:” names no adapter for sql; did you mean “sqlite”? There is: sqlite.',
    })
    await using server = await startMirage({ dataDirectory, services })
    expect(server.apiKey).toMatch(/^mirage_/)
  })

  it('says of a data directory that cannot be one, and of a port that is taken, what to do', async () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    await expect(startMirage({ dataDirectory: file })).rejects.toMatchObject({
      code: 'installation.unusable',
      detail: expect.stringContaining(`The data directory ${file} cannot be used: it is no folder`),
    })
    const services = ['api-gateway']
    await using first = await startMirage({ dataDirectory: join(directory, 'first'), services, port: 0 })
    const port = Number(new URL(first.url!).port)
    await expect(startMirage({ dataDirectory: join(directory, 'second'), services, port })).rejects.toMatchObject({
      code: 'server.port_unavailable',
      detail: `Another program listens on port ${port} of 127.0.0.1. Choose another port: mirage serve --port ${port + 1}`,
    })
  })

  it.skipIf(!existsSync('/proc/self'))('says at once of a file system that takes no folders', async () => {
    await expect(startMirage({ dataDirectory: '/proc/mirage/data' })).rejects.toMatchObject({
      code: 'installation.unusable',
      detail: expect.stringContaining('The data directory /proc/mirage/data cannot be used: no folder can be made'),
    })
  })

  it('names a service that is not there before it touches anything', async () => {
    const dataDirectory = join(directory, 'data')
    await expect(startMirage({ dataDirectory, services: ['data-colection'] })).rejects.toThrow(
      'There is no service “data-colection”; did you mean “data-collection”? There are: auth, ',
    )
    expect(existsSync(dataDirectory)).toBe(false)
  })
})

describe('the socket of a service', () => {
  const place = (dataDirectory: string): Parameters<typeof socketOf>[0] => ({
    installation: { dataDirectory },
    runtimeDirectory: '/run/user/1000',
  })

  it('lies in the data directory, or in the runtime directory where its path would be too long', () => {
    expect(socketOf(place('/data'), 'auth')).toBe('/data/sockets/auth.sock')
    const deep = `/${'deep/'.repeat(20)}`
    expect(socketOf(place(deep), 'auth')).toMatch(/^\/run\/user\/1000\/mirage-[0-9a-f]{12}\/auth\.sock$/)
    expect(socketOf(place(deep), 'auth')).not.toBe(socketOf(place(`${deep}x`), 'auth'))
  })
})
