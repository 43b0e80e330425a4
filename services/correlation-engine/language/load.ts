import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import { type CompiledRule, compileRule } from './compile.ts'
import { readRule } from './rule.ts'

export const shippedRules = join(import.meta.dirname, '../rules')

export interface LoadedRules {
  rules: CompiledRule[]
  /** A sentence for each file that is no rule; it is left out and stops nothing else. */
  errors: string[]
}

/** The rules in these folders, by file name. A later folder may not define an id again. */
export function loadRules(folders: string[]): LoadedRules {
  const rules = new Map<string, CompiledRule>()
  const errors: string[] = []
  for (const folder of folders) {
    let files: string[]
    try {
      files = readdirSync(folder)
    } catch (error) {
      errors.push(`The rules in ${folder} cannot be read: ${messageOf(error)}`)
      continue
    }
    for (const file of files.filter((name) => /\.ya?ml$/.test(name)).sort())
      try {
        const rule = compileRule(readRule(file, readFileSync(join(folder, file), 'utf8')))
        const { id } = rule.definition
        if (rules.has(id)) throw new Error(`${file}: there is a rule “${id}” already`)
        rules.set(id, rule)
      } catch (error) {
        errors.push(messageOf(error))
      }
  }
  return { rules: [...rules.values()], errors }
}
