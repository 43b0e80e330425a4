import type { Command } from 'commander'
import type { Difference } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from '../cli.ts'
import { jsonLine, printable } from '../output/printable.ts'
import type { Style } from '../output/style.ts'
import { counted, fit } from '../output/text.ts'
import { findRun } from '../runs.ts'

const help = `
With one run, it is compared with the run of the same scan before it; with two, the later with the earlier.
“Unconfirmed” is what the earlier run saw and the later had no chance to see, because a source did not answer.

Examples:
  $ mirage rerun last && mirage compare last
  $ mirage compare run_k3v7a run_p9qm2 --json`

export function addCompare(program: Command, cli: Cli): void {
  program
    .command('compare')
    .summary('what is new, gone and changed against an earlier run')
    .description('Compares a run with an earlier one: what is new, gone, changed, and what could not be confirmed.')
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .argument('[other]', 'another run')
    .option('--json', 'one JSON object a line; the last is the summary')
    .addHelpText('after', help)
    .action(async (text: string, other: string | undefined, { json }: { json?: boolean }) => {
      const { api } = await cli.connect()
      const runs = [await findRun(api, text), ...(other === undefined ? [] : [await findRun(api, other)])]
      const [later, earlier] = runs.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
      const differences = await api.scans.compareRuns({
        run: later!.run,
        ...(earlier ? { before: earlier.run } : {}),
      })
      for await (const difference of differences)
        if (json) await cli.results.write(jsonLine(difference))
        else for (const line of linesOf(difference, cli.style)) await cli.results.write(`${line}\n`)
    })
}

function linesOf(difference: Difference, style: Style): string[] {
  switch (difference.kind) {
    case 'new':
      return [entityText('+', style.green, difference)]
    case 'gone':
      return [entityText('-', style.red, difference)]
    case 'unconfirmed':
      return [entityText('?', style.yellow, difference, difference.reason)]
    case 'changed':
      return [
        entityText('~', style.cyan, difference),
        ...difference.attributes.map(
          ({ name, before, after }) => `                     ${name}: ${textOf(before)} → ${textOf(after)}`,
        ),
      ]
    case 'summary': {
      const { new: added, gone, changed, unconfirmed } = difference
      return [`${counted(added, 'new', 'new')}, ${gone} gone, ${changed} changed, ${unconfirmed} unconfirmed.`]
    }
  }
}

function entityText(
  sign: string,
  paint: (text: string) => string,
  { type, value }: { type: string; value: string },
  note?: string,
): string {
  return `${paint(sign)} ${fit(type, 16)}  ${paint(printable(value))}${note ? `  (${printable(note)})` : ''}`
}

function textOf(value: unknown): string {
  return value === undefined ? 'nothing' : printable(typeof value === 'string' ? value : JSON.stringify(value))
}
