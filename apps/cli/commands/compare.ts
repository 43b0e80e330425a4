import type { Command } from 'commander'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Difference, Run } from '@mirage/services/scan-orchestration/contract.ts'
import { type Api, everyItem } from '../api.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { findRun } from '../find-run.ts'
import { jsonLine, printable } from '../output/printable.ts'
import type { Style } from '../output/style.ts'
import { cut, fit } from '../output/text.ts'

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
      const differences = await api.scans
        .compareRuns({ run: later!.run, ...(earlier ? { before: earlier.run } : {}) })
        .catch(async (error: unknown) => {
          throw isFirst(error) ? new UsageError(await explainFirst(api, later!, cli.environment.program)) : error
        })
      for await (const difference of differences)
        if (json) await cli.results.write(jsonLine(difference))
        else for (const line of linesOf(difference, cli)) await cli.results.write(`${line}\n`)
    })
}

function isFirst(error: unknown): boolean {
  return error instanceof MirageError && error.code === 'runs.nothing_before'
}

/** Each `scan` is a scan of its own, also of the same targets: the run that is probably meant is the last of that name. */
async function explainFirst(api: Api, { run, name, createdAt }: Run, program: string): Promise<string> {
  for await (const other of everyItem((page) => api.scans.listRuns(page)))
    if (other.name === name && other.createdAt < createdAt)
      return `${run} is the first run of its scan. To compare it with the run of that name before it: ${program} compare ${other.run} ${run}`
  return `${run} is the first run of its scan, and there is none of that name before it. “${program} rerun ${run}” makes the next.`
}

function linesOf(difference: Difference, { style, stdout }: Cli): string[] {
  const columns = stdout.isTTY ? (stdout.columns ?? 80) : Infinity
  const line = (
    sign: string,
    paint: Style['green'],
    { type, value }: { type: string; value: string },
    note = '',
  ): string => {
    const text = cut(printable(note === '' ? value : `${value}  (${note})`), columns - 20)
    return `${paint(sign)} ${style.dim(fit(type, 16))}  ${paint(text)}`
  }
  switch (difference.kind) {
    case 'new':
      return [line('+', style.green, difference)]
    case 'gone':
      return [line('-', style.red, difference)]
    case 'unconfirmed':
      return [line('?', style.yellow, difference, difference.reason)]
    case 'changed':
      return [
        line('~', style.cyan, difference),
        ...difference.attributes.map(
          ({ name, before, after }) => `${' '.repeat(22)}${name}: ${textOf(before)} → ${textOf(after)}`,
        ),
      ]
    case 'summary':
      return [
        `${difference.new} new, ${difference.gone} gone, ${difference.changed} changed, ${difference.unconfirmed} unconfirmed.`,
      ]
  }
}

function textOf(value: unknown): string {
  return value === undefined ? 'nothing' : printable(typeof value === 'string' ? value : JSON.stringify(value))
}
