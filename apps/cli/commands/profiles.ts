import type { Command } from 'commander'
import { stringify as toYaml } from 'yaml'
import { didYouMean } from '@mirage/kit/settings.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { jsonLine } from '../output/printable.ts'
import { columnsOf } from '../output/shown.ts'
import { table } from '../output/table.ts'

const help = `
A profile of your own is a file such as what “show” prints.

Examples:
  $ mirage profiles show passive > mine.yaml
  $ mirage scan example.com --profile mine.yaml`

export function addProfiles(program: Command, cli: Cli): void {
  const command = program
    .command('profiles')
    .summary('list profiles: what a scan does without being told')
    .description('Lists the profiles: named selections of modules, scope and contact.')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', help)
    .action(async ({ json }: { json?: boolean }) => {
      const { api } = await cli.connect()
      const { items } = await api.scans.listProfiles()
      if (json) {
        for (const profile of items) await cli.results.write(jsonLine(profile))
        return
      }
      const rows = items.map(({ name, contact, summary }) => [
        { text: name, paint: cli.style.bold },
        { text: contact ?? 'target', paint: cli.style.dim },
        summary,
      ])
      for (const line of table(rows, columnsOf(cli, 2))) await cli.results.write(`${line}\n`)
    })

  command
    .command('show')
    .summary('a profile as the YAML that --profile takes')
    .description('Shows a profile as the YAML that --profile takes.')
    .argument('<name>', 'of a profile (mirage profiles)')
    .action(async (name: string) => {
      const { api } = await cli.connect()
      const { items } = await api.scans.listProfiles()
      const profile = items.find((profile) => profile.name === name)
      if (!profile) {
        const names = items.map(({ name }) => name)
        throw new UsageError(
          `There is no profile “${name}”${didYouMean(name, names) || `; there are ${names.join(', ')}.`}`,
        )
      }
      await cli.results.write(toYaml(profile))
    })
}
