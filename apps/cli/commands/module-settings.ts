import type { Command } from 'commander'
import type { SettingsInfo } from '@mirage/services/module-registry/contract.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { columnsOf } from '../output/shown.ts'
import { type Cell, table } from '../output/table.ts'

/** What is used of the JSON Schema of one setting. */
interface Setting {
  type?: string
  items?: Setting
  description?: string
}

export function addModuleSettings(command: Command, cli: Cli): void {
  command
    .command('settings')
    .summary('show or change the settings of a module')
    .description('Shows the settings of a module, or changes them for every task that starts from now on.')
    .argument('<id>', 'of a module (mirage modules)')
    .argument('[name=value...]', 'what to set; of a list, its items with commas between them')
    .option('--unset <names...>', 'back to their defaults')
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ mirage module settings port-scan\n  $ mirage module settings port-scan ports=22,80,443\n  $ mirage module settings port-scan --unset ports',
    )
    .action(async (module: string, words: string[], { unset = [], json }: { unset?: string[]; json?: boolean }) => {
      const { api } = await cli.connect()
      let info = await api.modules.getModuleSettings({ module })
      if (words.length > 0 || unset.length > 0) {
        const set = Object.fromEntries(words.map((word) => readWord(word, info)))
        info = await api.modules.changeModuleSettings({ module, set, unset })
      }
      if (json) return cli.results.write(jsonLine(info))
      const rows = Object.keys(settingsOf(info)).map((name) => rowOf(name, info, cli))
      for (const line of table(rows, columnsOf(cli, 2))) await cli.results.write(`${line}\n`)
      if (rows.length === 0) cli.people.say(`${module} has no settings.`)
    })
}

function settingsOf({ schema }: SettingsInfo): Record<string, Setting> {
  return (schema['properties'] ?? {}) as Record<string, Setting> // JSON Schema of an object, as modules declare it
}

/** The name and the value of `name=value`, read as the setting's schema says. What it cannot be stays text. */
function readWord(word: string, info: SettingsInfo): [string, unknown] {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(word) ?? []
  if (name === undefined || text === undefined)
    throw new UsageError(`“${word}” sets nothing; write name=value, such as ports=22,80.`)
  return [name, readValue(text, settingsOf(info)[name] ?? {})]
}

function readValue(text: string, { type, items }: Setting): unknown {
  if (type === 'array')
    return text === '' ? [] : text.split(',').map((item) => readValue(item.trim(), items ?? { type: 'string' }))
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if ((type === 'integer' || type === 'number') && text.trim() !== '' && !Number.isNaN(Number(text)))
    return Number(text)
  if (type === 'object') {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
}

function rowOf(name: string, { values, given, schema }: SettingsInfo, { style }: Cli): Cell[] {
  const value = values[name]
  const shown = Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : JSON.stringify(value)
  const isGiven = Object.hasOwn(given, name)
  const { description = '' } = settingsOf({ module: '', values, given, schema })[name] ?? {}
  return [
    { text: name, paint: style.bold },
    { text: printable(shown ?? ''), paint: isGiven ? style.green : style.dim },
    { text: `${isGiven ? '' : '(default) '}${description}`, paint: style.dim },
  ]
}
