import type { Command } from 'commander'
import { messageOf } from '@mirage/kit/errors.ts'
import type { KeyInfo, ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { exitCodes, Failure, UsageError } from '../exit.ts'
import { ensureAnyWorld } from '../host/lab.ts'
import { readKeyFile } from '../key-file.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { columnsOf, localTime } from '../output/shown.ts'
import { type Cell, table } from '../output/table.ts'
import { counted } from '../output/text.ts'
import { readText } from '../pipe.ts'
import { readSecret } from '../prompt.ts'
import { subjectOf } from './module.ts'

const help = `
Examples:
  $ mirage keys                                  which keys there are
  $ mirage keys set SHODAN_API_KEY               asks for it
  $ pass show shodan | mirage keys set SHODAN_API_KEY
  $ mirage keys test SHODAN_API_KEY
  $ mirage keys import provider-config.yaml`

export function addKeys(program: Command, cli: Cli): void {
  const command = program
    .command('keys')
    .summary('set, list, test and import the API keys of sources')
    .description('The API keys that sources ask for. They are stored encrypted and never shown again.')
    .addHelpText('after', help)

  command
    .command('list', { isDefault: true })
    .summary('which keys modules take, and whether they are set')
    .description(
      'Lists the keys that modules take, and whether they are set. One that is optional lets its module ask more.',
    )
    .option('--json', 'one JSON object a line')
    .action(async ({ json }: { json?: boolean }) => {
      const { api } = await cli.connect()
      const { items } = await api.modules.listKeys()
      if (json) for (const key of items) await cli.results.write(jsonLine(key))
      else
        for (const line of table(
          items.map((key) => rowOf(key, cli)),
          columnsOf(cli, 3),
        ))
          await cli.results.write(`${line}\n`)
    })

  command
    .command('set')
    .summary('store a key, asked for or from standard input')
    .description('Stores a key. Its value is read from standard input, or asked for; never an argument.')
    .argument('<name>', 'such as SHODAN_API_KEY')
    .action(async (name: string) => {
      checkName(name)
      const value = await readSecret(cli, `The value of ${name}`)
      const { api } = await cli.connect()
      const { modules } = await api.modules.setKey({ name, value })
      cli.people.say(`${name} is stored, encrypted; used by ${modules.join(', ')}.`)
    })

  command
    .command('remove')
    .summary('forget a key')
    .description('Forgets a key. Modules that need it do not run from then on.')
    .argument('<name>', 'such as SHODAN_API_KEY')
    .action(async (name: string) => {
      checkName(name)
      const { api } = await cli.connect()
      await api.modules.removeKey({ name })
      cli.people.say(`${name} is forgotten.`)
    })

  command
    .command('test')
    .summary('ask each source whether it takes its key')
    .description('Asks each source with its own sample whether it takes the key. Costs one call of each quota.')
    .argument('[names...]', 'only these')
    .option('--lab', 'ask the lab instead of the sources')
    .option('--json', 'one JSON object a line')
    .action(async (names: string[], { lab, json }: { lab?: boolean; json?: boolean }) => {
      for (const name of names) checkName(name)
      const { api } = await cli.connect()
      const modules = await modulesWithKeys(api, names)
      const untested = names.find((name) => !modules.some(({ key }) => key?.name === name))
      if (untested !== undefined)
        throw new UsageError(
          `${untested} is not set, or no module takes it. “mirage keys list” shows the keys there are.`,
        )
      if (modules.length === 0)
        cli.people.say('No key is set, so there is none to test. “mirage keys list” shows them.')
      if (lab && modules.length > 0) await ensureAnyWorld(cli)
      for (const module of modules) {
        const { outcome, reason } = await api.collection.tryModule({
          module: module.id,
          ...subjectOf(module, undefined),
          ...(lab ? { lab } : {}),
        })
        const works = outcome === 'found' || outcome === 'empty'
        if (!works) cli.exitWith(exitCodes.failed)
        if (json)
          await cli.results.write(jsonLine({ name: module.key!.name, module: module.id, works, outcome, reason })) // of those with a key
        else {
          const why = reason ? `: ${printable(reason)}` : ''
          const text = works ? cli.style.green('works') : cli.style.red(`${outcome}${why}`)
          await cli.results.write(`${module.key!.name}  ${module.id}  ${text}\n`)
        }
      }
    })

  command
    .command('import')
    .summary('store the keys of a file')
    .description(
      'Stores keys from a file: NAME=value lines, or the YAML that subfinder and others use (source: [key]).',
    )
    .argument('<file>', '“-” reads standard input')
    .action(async (file: string) => {
      const text = await readKeys(file, cli)
      const { api } = await cli.connect()
      const { items } = await api.modules.listModules()
      const { keys, skipped } = readKeyFile(text, items)
      for (const { name, value } of keys) await api.modules.setKey({ name, value })
      if (skipped.length > 0)
        cli.people.say(
          `No module here takes a key for: ${printable(skipped.slice(0, 20).join(', '))}${skipped.length > 20 ? ' …' : ''}`,
        )
      if (keys.length === 0) throw new Failure(`${file} holds no key that a module here takes.`)
      cli.people.say(`${counted(keys.length, 'key')} stored, encrypted: ${keys.map(({ name }) => name).join(', ')}.`)
    })
}

function checkName(name: string): void {
  if (/^[A-Z][A-Z0-9_]{1,63}$/.test(name)) return
  // Who writes NAME=value has the secret in the shell's history already: say so without repeating it.
  const [left] = name.split('=')
  throw new UsageError(
    name.includes('=')
      ? `Give the name only: “mirage keys set ${left}” asks for the value, so that it does not stand in your shell’s history.`
      : `“${name}” is not the name of a key; one is written like SHODAN_API_KEY.`,
  )
}

function rowOf({ name, state, hint, setAt, modules, where, optional }: KeyInfo, { style }: Cli): Cell[] {
  const paint = state === 'set' ? style.green : state === 'refused' ? style.red : optional ? style.dim : style.yellow
  const shown = state === 'missing' && optional ? 'missing, optional' : state
  return [
    { text: name, paint: style.bold },
    { text: hint && state !== 'missing' ? `${state} (…${hint})` : shown, paint },
    { text: modules.join(', ') },
    { text: state === 'missing' ? (where ?? '') : setAt ? localTime(setAt) : '', paint: style.dim },
  ]
}

async function modulesWithKeys(api: Api, names: string[]): Promise<ModuleInfo[]> {
  const { items } = await api.modules.listModules()
  const wanted = new Set(names)
  return items.filter(
    ({ key }) =>
      key && key.state !== 'missing' && key.state !== 'not-needed' && (wanted.size === 0 || wanted.has(key.name)),
  )
}

async function readKeys(file: string, cli: Cli): Promise<string> {
  try {
    if (file !== '-') return await readText(file)
    let text = ''
    for await (const chunk of cli.stdin) text += String(chunk)
    return text
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${messageOf(error)}).`)
  }
}
