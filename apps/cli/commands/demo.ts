import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { scan } from './scan.ts'

export function addDemo(program: Command, cli: Cli): void {
  program
    .command('demo')
    .summary('scan the lab’s demo company, live; nothing leaves this machine')
    .description(
      'Starts the lab, a synthetic internet on this machine, and scans its demo company. Nothing leaves the machine.',
    )
    .addHelpText('after', '\nExample:\n  $ mirage demo && mirage findings last')
    .action(async () => {
      cli.people.say(
        'The demo: a synthetic internet, and a scan of its company northwind.example.',
        'Nothing leaves this machine.',
        '',
      )
      await scan(cli, ['northwind.example'], { lab: true, name: 'Northwind (demo)' })
    })
}
