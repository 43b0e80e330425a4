import type { Command } from 'commander'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { Failure } from '../exit.ts'
import { findRun } from '../find-run.ts'
import { ensureWorld } from '../host/lab.ts'
import { addOutputOptions, type OutputOptions, readOutputOptions } from '../options.ts'
import { askYes } from '../prompt.ts'
import { followRun } from '../scan/follow.ts'
import { beforeFirstPacket } from '../scan/preflight.ts'

const whichRun = 'id, beginning of one, name, or “last”'

/** `pause`, `resume`, `cancel`, `delete` and `rerun`: what can be done to a run. */
export function addControl(program: Command, cli: Cli): void {
  program
    .command('pause')
    .summary('pause a run: within a second nothing more is sent')
    .description('Pauses a run. Within a second nothing more is sent; everything is kept.')
    .argument('<run>', whichRun)
    .addHelpText('after', '\nExample:\n  $ mirage pause last && mirage resume last')
    .action(async (text: string) => {
      const { api } = await cli.connect()
      const { run } = await api.scans.pauseRun({ run: (await findRun(api, text)).run })
      cli.people.say(`${run} is paused. Go on with: ${cli.environment.program} resume ${run}`)
    })

  addOutputOptions(
    program
      .command('resume')
      .summary('go on with a paused or interrupted run')
      .description('Goes on where a run stopped, with all it was started with, and follows it as “scan” does.')
      .argument('<run>', whichRun)
      .addHelpText('after', '\nExample:\n  $ mirage resume last'),
  ).action((text: string, options: OutputOptions) =>
    follow(
      text,
      options,
      (api, run) => api.scans.resumeRun({ run }),
      // Of any other run the service says why not.
      ({ status }) => status === 'paused',
    ),
  )

  addOutputOptions(
    program
      .command('rerun')
      .summary('start a new run with the definition of another')
      .description('Starts a new run with the definition of an earlier one, and follows it as “scan” does.')
      .argument('<run>', whichRun)
      .addHelpText('after', '\nExample:\n  $ mirage rerun last && mirage compare last     and then what has changed'),
  ).action((text: string, options: OutputOptions) => follow(text, options, (api, run) => api.scans.rerunRun({ run })))

  program
    .command('cancel')
    .summary('end a run; what it found is kept')
    .description('Ends a run for good. What it found is kept.')
    .argument('<run>', whichRun)
    .addHelpText('after', '\nExample:\n  $ mirage cancel last')
    .action(async (text: string) => {
      const { api } = await cli.connect()
      const { run } = await api.scans.cancelRun({ run: (await findRun(api, text)).run })
      cli.people.say(`${run} is cancelled. What it found: ${cli.environment.program} show ${run}`)
    })

  program
    .command('delete')
    .summary('forget a run and what only it saw')
    .description('Ends a run and forgets it, with everything that no other run saw. Marks and notes of people stay.')
    .argument('<run>', whichRun)
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ mirage delete last --yes')
    .action(async (text: string, { yes }: { yes?: boolean }) => {
      const { api } = await cli.connect()
      const { run, name } = await findRun(api, text)
      if (!yes && cli.stdin.isTTY && !(await askYes(cli, `Delete ${run} (${name}) and everything only it saw?`)))
        throw new Failure('Nothing was deleted.')
      await api.scans.deleteRun({ run })
      cli.people.say(`${run} is deleted.`)
    })

  async function follow(
    text: string,
    options: OutputOptions,
    start: (api: Api, run: string) => Promise<Run>,
    canStart: (run: Run) => boolean = () => true,
  ): Promise<void> {
    const output = await readOutputOptions(options, cli.people)
    const { api } = await cli.connect()
    const found = await findRun(api, text)
    if (found.definition && canStart(found)) {
      cli.people.say(...beforeFirstPacket(await api.scans.planRun({ definition: found.definition }), cli))
      await ensureWorld(found.definition, cli)
    }
    const run = await start(api, found.run)
    cli.exitWith(await followRun(cli, run, output))
  }
}
