import { sql as raw } from 'kysely'
import { expect, it } from 'vitest'
import { type OpenPort, suite, withPort } from './conformance.ts'
import type { Migration, Sql } from './sql.ts'

interface Schema {
  counter: { name: string; value: number; note: string | null }
}

const first: Record<string, Migration> = {
  '0001-counter': {
    async up(db) {
      await db.schema
        .createTable('counter')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('value', 'integer', (column) => column.notNull())
        .execute()
    },
  },
}

const second: Record<string, Migration> = {
  ...first,
  '0002-note': {
    async up(db) {
      await db.schema.alterTable('counter').addColumn('note', 'text').execute()
    },
  },
}

/** What every relational store must do. */
export function sqlConformance(name: string, open: OpenPort<Sql>, unreachable?: string): void {
  suite(`sql: ${name}`, unreachable, () => {
    it('brings the schema forward, each migration once', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(first)
        await db.insertInto('counter').values({ name: 'a', value: 1 }).execute()
        const newer = await sql.open<Schema>(second)
        await sql.open<Schema>(second)
        expect(await newer.selectFrom('counter').selectAll().execute()).toEqual([{ name: 'a', value: 1, note: null }])
      }))

    it('refuses a database that is ahead', () =>
      withPort(open, async (sql) => {
        await sql.open<Schema>(second)
        await expect(sql.open<Schema>(first)).rejects.toMatchObject({ code: 'store.unavailable' })
      }))

    it('leaves nothing of a migration that failed', () =>
      withPort(open, async (sql) => {
        const broken: Record<string, Migration> = {
          '0001': {
            async up(db) {
              await db.schema.createTable('half').addColumn('a', 'integer').execute()
              throw new Error('stop')
            },
          },
        }
        await expect(sql.open(broken)).rejects.toThrow('stop')
        const db = await sql.open<{ half: { a: number } }>({
          '0001': { up: (db) => db.schema.createTable('half').addColumn('a', 'integer').execute() },
        })
        expect(await db.selectFrom('half').selectAll().execute()).toEqual([])
      }))

    it('tells how many rows changed, and keeps texts as they are', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(second)
        const text = `ü\u{1f600} ' " ; -- \n`
        await db
          .insertInto('counter')
          .values([
            { name: text, value: 1, note: null },
            { name: 'b', value: 2, note: text },
          ])
          .execute()
        const changed = await db
          .updateTable('counter')
          .set({ value: 9 })
          .where('value', '>', 0)
          .executeTakeFirstOrThrow()
        expect(changed.numUpdatedRows).toBe(2n)
        expect(await db.selectFrom('counter').select('note').where('name', '=', 'b').executeTakeFirst()).toEqual({
          note: text,
        })
        expect(await db.selectFrom('counter').selectAll().where('name', '=', 'none').executeTakeFirst()).toBeUndefined()
      }))

    it('writes all of a transaction or nothing', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(second)
        await expect(
          sql.transaction(db, async (trx) => {
            await trx.insertInto('counter').values({ name: 'a', value: 1, note: null }).execute()
            throw new Error('no')
          }),
        ).rejects.toThrow('no')
        expect(await db.selectFrom('counter').selectAll().execute()).toEqual([])
        expect(await sql.transaction(db, async () => 'answer')).toBe('answer')
      }))

    it('begins a transaction of Kysely as a writer', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(second)
        await db.insertInto('counter').values({ name: 'a', value: 0, note: null }).execute()
        await Promise.all(
          Array.from({ length: 10 }, () =>
            db.transaction().execute(async (trx) => {
              const { value } = await trx.selectFrom('counter').select('value').executeTakeFirstOrThrow()
              await trx
                .updateTable('counter')
                .set({ value: value + 1 })
                .execute()
            }),
          ),
        )
        expect(await db.selectFrom('counter').select('value').executeTakeFirst()).toEqual({ value: 10 })
      }))

    it('loses no update of transactions at the same time', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(second)
        await db.insertInto('counter').values({ name: 'a', value: 0, note: null }).execute()
        await Promise.all(
          Array.from({ length: 30 }, () =>
            sql.transaction(db, async (trx) => {
              const { value } = await trx
                .selectFrom('counter')
                .select('value')
                .where('name', '=', 'a')
                .executeTakeFirstOrThrow()
              await new Promise((resume) => setImmediate(resume))
              await trx
                .updateTable('counter')
                .set({ value: value + 1 })
                .where('name', '=', 'a')
                .execute()
            }),
          ),
        )
        expect(await db.selectFrom('counter').select('value').executeTakeFirst()).toEqual({ value: 30 })
      }))

    it('answers queries during a transaction, and shows nobody what is not yet committed', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(second)
        const rows = () => db.selectFrom('counter').select(['name', 'value']).execute()
        const written = Promise.withResolvers<void>()
        const gate = Promise.withResolvers<void>()
        const writing = sql.transaction(db, async (trx) => {
          await trx.insertInto('counter').values({ name: 'a', value: 1, note: null }).execute()
          written.resolve()
          await gate.promise
        })
        await written.promise
        expect(await rows()).toEqual([])
        gate.resolve()
        await writing
        expect(await rows()).toEqual([{ name: 'a', value: 1 }])
      }))

    it('refuses to go round its own transaction', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(second)
        await expect(sql.transaction(db, async () => sql.transaction(db, async () => {}))).rejects.toThrow(
          'inside a transaction',
        )
        await expect(sql.transaction(db, async () => db.selectFrom('counter').selectAll().execute())).rejects.toThrow(
          'inside a transaction',
        )
        expect(await db.selectFrom('counter').selectAll().execute()).toEqual([])
      }))

    it('reports a broken constraint as it came', () =>
      withPort(open, async (sql) => {
        const db = await sql.open<Schema>(second)
        await db.insertInto('counter').values({ name: 'a', value: 1, note: null }).execute()
        await expect(db.insertInto('counter').values({ name: 'a', value: 1, note: null }).execute()).rejects.toThrow(
          /unique/i,
        )
        await expect(raw`select nonsense from nowhere`.execute(db)).rejects.toThrow('nowhere')
      }))

    it('keeps what it has', () =>
      withPort(open, async (sql, opened) => {
        const db = await sql.open<Schema>(second)
        await db.insertInto('counter').values({ name: 'a', value: 1, note: null }).execute()
        const again = await (await opened.reopen!()).open<Schema>(second)
        expect(await again.selectFrom('counter').selectAll().execute()).toHaveLength(1)
      }))
  })
}
