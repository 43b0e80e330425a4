import { hash, timingSafeEqual } from 'node:crypto'
import { type Clock, toInstant } from '@mirage/kit/clock.ts'
import { MirageError, notFound } from '@mirage/kit/errors.ts'
import { newId, newSecret } from '@mirage/kit/id.ts'
import type { Sql } from '@mirage/ports/sql.ts'
import type { Kysely } from 'kysely'
import type { ApiKey } from './contract.ts'
import { up as createApiKeys } from './migrations/0001-api-keys.ts'

interface KeyRow {
  id: string
  name: string
  workspace: string
  /** SHA-256 of the value, hex. Values are random and long, so a plain hash is enough. */
  hash: string
  /** JSON. */
  rights: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
}

interface Tables {
  api_key: KeyRow
}

export interface Verified {
  valid: boolean
  id: string
  workspace: string
  rights: string[]
}

const refused: Verified = { valid: false, id: '', workspace: '', rights: [] }

/** How stale "last used" may be, so that a busy key costs a write a minute. */
const lastUsedMs = 60_000

export class ApiKeys {
  readonly #sql: Sql
  readonly #db: Kysely<Tables>
  readonly #clock: Clock
  readonly #owner: Buffer

  private constructor(sql: Sql, db: Kysely<Tables>, clock: Clock, ownerKey: string) {
    this.#sql = sql
    this.#db = db
    this.#clock = clock
    this.#owner = digest(ownerKey)
  }

  static async open(sql: Sql, clock: Clock, ownerKey: string): Promise<ApiKeys> {
    return new ApiKeys(sql, await sql.open<Tables>({ '0001-api-keys': { up: createApiKeys } }), clock, ownerKey)
  }

  /** A new key; its value is nowhere but in the answer. */
  async create(
    workspace: string,
    { name, rights, expiresAt }: { name: string; rights: string[]; expiresAt?: string },
  ): Promise<ApiKey & { value: string }> {
    const value = `mirage_${newSecret()}`
    const now = this.#clock.now()
    const expires_at = expiresAt === undefined ? null : Date.parse(expiresAt)
    if (expires_at !== null && expires_at <= now)
      throw new MirageError({ code: 'api-keys.expired', status: 422, detail: `${expiresAt} has passed already.` })
    const row: KeyRow = {
      id: newId('key'),
      name,
      workspace,
      hash: digest(value).toString('hex'),
      rights: JSON.stringify(rights),
      created_at: now,
      expires_at,
      last_used_at: null,
    }
    await this.#sql.transaction(this.#db, (trx) => trx.insertInto('api_key').values(row).execute())
    return { ...view(row), value }
  }

  async list(workspace: string): Promise<ApiKey[]> {
    const rows = await this.#db
      .selectFrom('api_key')
      .selectAll()
      .where('workspace', '=', workspace)
      .orderBy('created_at')
      .execute()
    return rows.map(view)
  }

  /** Throws `api-keys.not_found`. */
  async remove(workspace: string, id: string): Promise<void> {
    const removed = await this.#sql.transaction(this.#db, (trx) =>
      trx.deleteFrom('api_key').where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst(),
    )
    if (removed.numDeletedRows === 0n) throw notFound('api-keys', id)
  }

  /** Whose key this is. An unknown, wrong or expired one is not valid, and nothing says which. */
  async verify(value: string): Promise<Verified> {
    const given = digest(value)
    if (timingSafeEqual(given, this.#owner)) return { valid: true, id: 'owner', workspace: 'default', rights: ['*'] }
    const row = await this.#db
      .selectFrom('api_key')
      .selectAll()
      .where('hash', '=', given.toString('hex'))
      .executeTakeFirst()
    const now = this.#clock.now()
    if (!row || (row.expires_at !== null && row.expires_at <= now)) return refused
    if (row.last_used_at === null || now - row.last_used_at > lastUsedMs)
      await this.#sql.transaction(this.#db, (trx) =>
        trx.updateTable('api_key').set({ last_used_at: now }).where('id', '=', row.id).execute(),
      )
    return { valid: true, id: row.id, workspace: row.workspace, rights: JSON.parse(row.rights) as string[] }
  }
}

function digest(value: string): Buffer {
  return hash('sha256', value, 'buffer')
}

function view({ id, name, workspace, rights, created_at, expires_at, last_used_at }: KeyRow): ApiKey {
  return {
    id,
    name,
    workspace,
    rights: JSON.parse(rights) as string[],
    createdAt: toInstant(created_at),
    ...(expires_at === null ? {} : { expiresAt: toInstant(expires_at) }),
    ...(last_used_at === null ? {} : { lastUsedAt: toInstant(last_used_at) }),
  }
}
