import { Command } from 'commander'
import { asCalled } from './called.ts'
import type { Cli } from './cli.ts'
import { addCompare } from './commands/compare.ts'
import { addCompletion } from './commands/completion.ts'
import { addConfig } from './commands/config.ts'
import { addControl } from './commands/control.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEntities } from './commands/entities.ts'
import { addExport } from './commands/export.ts'
import { addFinding } from './commands/finding.ts'
import { addFindings } from './commands/findings.ts'
import { addKeys } from './commands/keys.ts'
import { addLab } from './commands/lab.ts'
import { addMark } from './commands/mark.ts'
import { addModule } from './commands/module.ts'
import { addModules } from './commands/modules.ts'
import { addPlan } from './commands/plan.ts'
import { addProfiles } from './commands/profiles.ts'
import { addRuns } from './commands/runs.ts'
import { addScan } from './commands/scan.ts'
import { addServe } from './commands/serve.ts'
import { addShow } from './commands/show.ts'
import { addWhy } from './commands/why.ts'

type Add = (program: Command, cli: Cli) => void

/** Every sub-command, in the groups of the help. */
const groups: Record<string, Add[]> = {
  'Scan:': [addScan, addPlan, addDemo],
  'Runs:': [addRuns, addShow, addControl, addCompare],
  'Results:': [addEntities, addWhy, addFindings, addFinding, addMark, addExport],
  'Sources:': [addModules, addModule, addProfiles, addKeys],
  'This installation:': [addServe, addConfig, addLab, addDoctor, addCompletion],
}

const examples = `
First steps:
  $ mirage demo                          a synthetic internet on this machine, and a scan of it
  $ mirage plan example.com              what a scan would do; sends nothing
  $ mirage scan example.com              scan it; no server is needed
  $ mirage findings last                 what was found, and what it means
  $ mirage why last mail.example.com     how it was found

“mirage <command> --help” has examples for each. Results go to standard output, everything else to standard error.
Scan only what is yours or what you are authorised to scan.`

/** The command line as commander reads it. Parsing throws instead of ending the process. */
export function createProgram(cli: Cli, version: string): Command {
  const program = new Command('mirage')
    .description(
      'Mirage finds what is known about domains, addresses, people and companies from open sources, with evidence.',
    )
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(--help says how it is used)')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.stdout.write(asCalled(text, cli.environment.program)),
      writeErr: (text) => cli.stderr.write(asCalled(text, cli.environment.program)),
      getOutHelpWidth: () => helpWidth(cli.stdout.columns),
      getErrHelpWidth: () => helpWidth(cli.stderr.columns),
      outputError: (text, write) => write(text.replace(/^error: /, '')),
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  for (const [heading, adders] of Object.entries(groups)) {
    program.commandsGroup(heading)
    for (const add of adders) add(program, cli)
  }
  phraseHelp(program)
  return program
}

function phraseHelp(command: Command): void {
  const hasMore = command.commands.length > 0
  command.helpOption('-h, --help', hasMore ? 'help, also for each command' : 'this help')
  if (hasMore) command.helpCommand('help [command]', 'help for a command')
  command.commands.forEach(phraseHelp)
}

function helpWidth(columns: number | undefined): number {
  return Math.min(columns ?? 100, 120)
}
