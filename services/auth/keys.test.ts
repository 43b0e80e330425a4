import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { testCall } from '@mirage/kit/testing/call.ts'
import type { Sql } from '@mirage/ports/sql.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiKeys } from './keys.ts'
import { authService } from './service.ts'

const ownerKey = 'mirage_owner-of-the-place'
const start = Date.UTC(2026, 0, 1)

let directory: string
let sql: Sql
let now: number
let keys: ApiKeys

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirage-auth-'))
  now = start
  sql = await openSqliteSql({ path: join(directory, 'auth.db') })
  keys = await ApiKeys.open(sql, { now: () => now }, ownerKey)
})
afterEach(async () => {
  await sql[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

describe('an API key', () => {
  it('is shown once and is nowhere in the store', async () => {
    const { value, ...key } = await keys.create('default', { name: 'ci', rights: ['runs:read'] })
    expect(value).toMatch(/^mirage_[\w-]{43}$/)
    expect(await keys.list('default')).toEqual([key])
    await sql[Symbol.asyncDispose]()
    for (const file of readdirSync(directory)) {
      const bytes = readFileSync(join(directory, file))
      expect(bytes.includes(value) || bytes.includes(value.slice(7))).toBe(false)
    }
  })

  it('says whose it is and what it may, and nothing of others', async () => {
    const { id, value } = await keys.create('blue', { name: 'ci', rights: ['runs:read', '*:read'] })
    expect(await keys.verify(value)).toEqual({ valid: true, id, workspace: 'blue', rights: ['runs:read', '*:read'] })
    expect(await keys.verify(ownerKey)).toEqual({ valid: true, id: 'owner', workspace: 'default', rights: ['*'] })
    for (const wrong of ['', 'mirage_', `${value}x`, value.slice(0, -1), value.toUpperCase(), id, ownerKey.slice(1)])
      expect(await keys.verify(wrong)).toEqual({ valid: false, id: '', workspace: '', rights: [] })
  })

  it('ends at its time, which must lie ahead', async () => {
    const { value } = await keys.create('default', { name: 'a', rights: ['*'], expiresAt: '2026-01-02T00:00:00Z' })
    now = Date.UTC(2026, 0, 2) - 1
    expect((await keys.verify(value)).valid).toBe(true)
    now++
    expect((await keys.verify(value)).valid).toBe(false)
    await expect(
      keys.create('default', { name: 'a', rights: ['*'], expiresAt: '2026-01-02T00:00:00Z' }),
    ).rejects.toMatchObject({ code: 'api-keys.expired', status: 422 })
  })

  it('is refused once removed, which another workspace cannot do', async () => {
    const { id, value } = await keys.create('default', { name: 'a', rights: ['*'] })
    await expect(keys.remove('blue', id)).rejects.toMatchObject({ code: 'api-keys.not_found', status: 404 })
    expect((await keys.verify(value)).valid).toBe(true)
    await keys.remove('default', id)
    expect((await keys.verify(value)).valid).toBe(false)
    await expect(keys.remove('default', id)).rejects.toMatchObject({ status: 404 })
  })

  it('knows when it was last used, to the minute', async () => {
    const { value } = await keys.create('default', { name: 'a', rights: ['*'] })
    const lastUsed = async (): Promise<string | undefined> => (await keys.list('default'))[0]!.lastUsedAt
    expect(await lastUsed()).toBeUndefined()
    await keys.verify(value)
    now += 30_000
    await keys.verify(value)
    expect(await lastUsed()).toBe('2026-01-01T00:00:00.000Z')
    now += 31_000
    await keys.verify(value)
    expect(await lastUsed()).toBe('2026-01-01T00:01:01.000Z')
  })
})

describe('who makes a key', () => {
  it('cannot give rights it does not have', async () => {
    const { handlers } = await authService.start({
      sql,
      installation: { masterKey: new Uint8Array(32), ownerKey, dataDirectory: directory },
      settings: {},
      log: silentLog,
      clock: { now: () => now },
      metrics: openMetrics('auth'),
      signal: new AbortController().signal,
      announce: async () => undefined,
      caughtUp: async () => undefined,
    })
    const make = async (wanted: string, ...rights: string[]): Promise<string> => {
      try {
        await handlers.createApiKey(
          { name: 'a', rights: [wanted] },
          testCall({ caller: { kind: 'key', id: 'key_1' }, rights: ['api-keys:admin', ...rights] }),
        )
        return 'made'
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(await make('runs:read', 'runs:write')).toBe('made')
    expect(await make('runs:write', 'runs:read')).toBe('request.forbidden')
    expect(await make('*', 'runs:admin')).toBe('request.forbidden')
    expect(await make('*:read', 'runs:admin')).toBe('request.forbidden')
    expect(await make('*', '*')).toBe('made')
    expect(await make('*', '*:admin')).toBe('made')
  })
})
