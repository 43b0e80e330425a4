import type { Database } from '../files/database.ts'
import { ensureLayout } from '../files/layout.ts'

/** Small integers for the few texts that repeat: types, kinds, runs, groups. Used inside `read` or `write`. */
export interface Words {
  /** The number of `text`, given now if it has none. */
  number(text: string): number
  find(text: string): number | undefined
  text(number: number): string
}

export async function openWords(database: Database, prefix: string): Promise<Words> {
  await ensureLayout(
    database,
    `${prefix}words`,
    1,
    `create table if not exists "${prefix}word" (number integer primary key autoincrement, text text not null unique) strict`,
  )
  let numbers = new Map<string, number>()
  let texts = new Map<number, string>()
  database.whenRolledBack(() => {
    numbers = new Map()
    texts = new Map()
  })

  function keep(number: number, text: string): number {
    numbers.set(text, number)
    texts.set(number, text)
    return number
  }

  function find(text: string): number | undefined {
    const known = numbers.get(text)
    if (known !== undefined) return known
    const row = database.prepare(`select number from "${prefix}word" where text = ?`).get(text) as unknown as
      | [number]
      | undefined
    return row && keep(row[0], text)
  }

  return {
    find,

    number(text) {
      const known = find(text)
      if (known !== undefined) return known
      const { lastInsertRowid } = database.prepare(`insert into "${prefix}word" (text) values (?)`).run(text)
      return keep(Number(lastInsertRowid), text)
    },

    text(number) {
      const known = texts.get(number)
      if (known !== undefined) return known
      const [text] = database.prepare(`select text from "${prefix}word" where number = ?`).get(number) as unknown as [
        string,
      ]
      keep(number, text)
      return text
    },
  }
}
