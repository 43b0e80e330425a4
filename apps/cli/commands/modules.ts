import type { Command } from 'commander'
import type { ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import type { Cli } from '../cli.ts'
import { jsonLine } from '../output/printable.ts'
import { columnsOf } from '../output/shown.ts'
import type { Style } from '../output/style.ts'
import { type Cell, table } from '../output/table.ts'
import { counted } from '../output/text.ts'
import { readTypes } from '../scan/definition.ts'

interface ModulesOptions {
  consumes?: string
  produces?: string
  json?: boolean
}

const help = `
Contact is the strongest thing a module can cause:
  none      it looks at what was found already
  stored    a third party answers from what it has
  relayed   a resolver or third party may ask the target because we asked
  target    packets from this machine to the target

Examples:
  $ mirage modules --consumes domain --produces email      how to get e-mail addresses from a domain
  $ mirage module try crtsh example.com`

export function addModules(program: Command, cli: Cli): void {
  program
    .command('modules')
    .summary('list modules: what goes in, what comes out, whom they contact')
    .description('Lists the modules: what goes in, what comes out, whom they contact, and whether they have their key.')
    .option('--consumes <type>', 'only those that take this type of entity')
    .option('--produces <type>', 'only those that find this type of entity')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', help)
    .action(async ({ consumes, produces, json }: ModulesOptions) => {
      const [input] = consumes === undefined ? [] : readTypes('--consumes', [consumes])
      const [wanted] = produces === undefined ? [] : readTypes('--produces', [produces])
      const { api } = await cli.connect()
      const { items } = await api.modules.listModules({
        ...(input === undefined ? {} : { consumes: input }),
        ...(wanted === undefined ? {} : { produces: wanted }),
      })
      if (json) {
        for (const module of items) await cli.results.write(jsonLine(module))
        return
      }
      const head = ['module', 'contact', 'in → out', 'key'].map((text) => ({ text, paint: cli.style.dim }))
      const rows = items.map((module) => rowOf(module, cli.style))
      for (const line of table([head, ...rows], columnsOf(cli, 2))) await cli.results.write(`${line}\n`)
      cli.people.say('', `${counted(items.length, 'module')}. More on one: ${cli.environment.program} module show <id>`)
    })
}

/** `domain (isApex)`, `open-port (443, 8443)`. */
function inputOf({ type, where, ports }: ModuleInfo['consumes'][number]): string {
  const condition = ports?.join(', ') ?? where
  return condition ? `${type} (${condition})` : type
}

function rowOf({ id, contact, consumes, produces, key, enabled }: ModuleInfo, style: Style): Cell[] {
  const inputs = consumes.map(inputOf).join(', ')
  return [
    { text: enabled ? id : `${id} (off)`, paint: enabled ? style.bold : style.dim },
    { text: contact, paint: contact === 'target' ? style.yellow : style.dim },
    { text: `${inputs} → ${produces.join(', ')}` },
    key ? keyCell(key, style) : { text: '' },
  ]
}

function keyCell({ name, state, optional }: NonNullable<ModuleInfo['key']>, style: Style): Cell {
  const missing = state === 'missing' && optional
  const paint = state === 'set' ? style.green : missing ? style.dim : style.yellow
  return { text: `${name}: ${missing ? 'missing, optional' : state}`, paint }
}
