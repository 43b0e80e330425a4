import { parse as parseYaml, YAMLParseError } from 'yaml'
import type { ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import { UsageError } from './exit.ts'

export interface KeyFile {
  keys: { name: string; value: string }[]
  /** Names in the file that no module takes. */
  skipped: string[]
}

/**
 * The keys in a file: `NAME=value` lines as in an `.env` file, or YAML that maps names to a value or a list of values, of
 * which the first is taken (https://docs.projectdiscovery.io/opensource/subfinder/install: `shodan: [KEY]`). A name is
 * that of a key or the id of a module that takes one.
 */
export function readKeyFile(text: string, modules: ModuleInfo[]): KeyFile {
  const names = new Map<string, string>()
  for (const { id, key } of modules)
    if (key) {
      names.set(id, key.name)
      names.set(key.name.toLowerCase(), key.name)
    }
  const found = new Map<string, string>()
  const skipped: string[] = []
  for (const [given, value] of isLines(text) ? linesOf(text) : yamlOf(text)) {
    const name = names.get(given.toLowerCase())
    if (name === undefined) skipped.push(given)
    else if (value !== '') found.set(name, value)
  }
  return { keys: [...found].map(([name, value]) => ({ name, value })), skipped }
}

function isLines(text: string): boolean {
  return text.split(/\r?\n/).every((line) => /^\s*(#.*)?$|^\s*(export\s+)?\w+\s*=/.test(line))
}

function linesOf(text: string): [string, string][] {
  return [...text.matchAll(/^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/gm)].map(([, name, value]) => [
    name!,
    value!.replace(/^(["'])(.*)\1$/, '$2'),
  ])
}

function yamlOf(text: string): [string, string][] {
  let document: unknown
  try {
    // The parser's own messages and warnings quote the lines around, and with them keys.
    document = parseYaml(text, { logLevel: 'error' })
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined
    throw new UsageError(
      `This is neither NAME=value lines nor YAML${line === undefined ? '' : `: look at line ${line}`}.`,
    )
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new UsageError('This is neither NAME=value lines nor YAML that maps sources to keys.')
  return Object.entries(document).map(([name, value]) => [name, firstText(value)])
}

/** The value itself, the first of a list, or the `key` of a section. */
function firstText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return firstText(value[0])
  if (typeof value === 'object' && value !== null && 'key' in value) return firstText(value.key)
  return ''
}
