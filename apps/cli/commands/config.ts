import type { Command } from 'commander'
import { didYouMean } from '@mirage/kit/settings.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { type Setting, settingsInForce } from '../host/platform.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { columnsOf } from '../output/shown.ts'
import { type Cell, table } from '../output/table.ts'

const examples = `
Examples:
  $ mirage config show --origin
  $ mirage config show scan-orchestration`

const help = `
A setting comes from, weakest first: its default, the file ($MIRAGE_CONFIG, else $XDG_CONFIG_HOME/mirage/config.yaml),
the environment (MIRAGE_SCAN_ORCHESTRATION__MAX_RUNS=8), a flag of the command. The file has a section a service:
  scan-orchestration:
    maxRuns: 8
${examples}`

export function addConfig(program: Command, cli: Cli): void {
  const command = program
    .command('config')
    .summary('show the settings in force')
    .description('The settings of this installation.')
    .addHelpText('after', examples)
  command
    .command('show', { isDefault: true })
    .summary('the settings in force, by section')
    .description('Shows the settings in force, by section.')
    .argument('[section]', 'only this section')
    .option('--origin', 'also where each comes from')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', help)
    .action(async (section: string | undefined, { origin, json }: { origin?: boolean; json?: boolean }) => {
      const { dataDirectory, configFile } = cli.environment
      const every = await settingsInForce()
      const settings = every.filter((setting) => section === undefined || setting.section === section)
      if (settings.length === 0 && section !== undefined) throw noSection(section, every)
      if (json) {
        for (const setting of settings) await cli.results.write(jsonLine(setting))
        return
      }
      if (section === undefined) {
        await cli.results.write(`data directory  ${dataDirectory}\n`)
        await cli.results.write(`settings file   ${configFile}\n\n`)
      }
      const rows = settings.map((setting) => rowOf(setting, origin ?? false, cli))
      for (const line of table(rows, columnsOf(cli, origin ? 3 : 2))) await cli.results.write(`${line}\n`)
    })
}

function noSection(section: string, settings: Setting[]): UsageError {
  const sections = [...new Set(settings.map((setting) => setting.section))]
  const near = didYouMean(section, sections) || `; there are ${sections.join(', ')}.`
  return new UsageError(`There is no section “${section}” of the settings${near}`)
}

function rowOf({ section, name, value, origin, description }: Setting, withOrigin: boolean, { style }: Cli): Cell[] {
  const isSet = origin !== 'default'
  return [
    { text: `${section}.${name}`, paint: isSet ? style.bold : (text) => text },
    { text: value === undefined ? '–' : printable(typeof value === 'string' ? value : JSON.stringify(value)) },
    ...(withOrigin ? [{ text: origin, paint: isSet ? style.green : style.dim }] : []),
    { text: description, paint: style.dim },
  ]
}
