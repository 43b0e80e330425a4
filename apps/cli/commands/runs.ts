import type { Command } from 'commander'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import { everyItem } from '../api.ts'
import type { Cli } from '../cli.ts'
import { wholeNumber } from '../options.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { type Cell, table } from '../output/table.ts'
import type { Style } from '../output/style.ts'
import { count, duration } from '../output/text.ts'
import { columnsOf, localTime } from '../output/shown.ts'

const help = `
Wherever a run is asked for: its id, the beginning of one, its name, or “last”.

Examples:
  $ mirage runs -n 5
  $ mirage runs --json`

export function addRuns(program: Command, cli: Cli): void {
  program
    .command('runs')
    .summary('list runs, latest first')
    .description('Lists the runs of this installation, the latest first.')
    .option('--json', 'one JSON object a line')
    .option('-n, --limit <n>', 'at most so many', wholeNumber)
    .addHelpText('after', help)
    .action(async ({ json, limit = Infinity }: { json?: boolean; limit?: number }) => {
      const { api } = await cli.connect()
      const rows: Cell[][] = []
      let seen = 0
      for await (const run of everyItem((page) => api.scans.listRuns(page), 100)) {
        if (++seen > limit) break
        if (json) await cli.results.write(jsonLine(run))
        else rows.push(rowOf(run, cli.style))
      }
      if (json) return
      if (rows.length === 0) {
        cli.people.say(`No run yet. Start one: ${cli.environment.program} scan example.com`)
        return
      }
      const head = ['run', 'name', 'status', 'started', 'time', 'entities', 'findings']
      for (const line of table([head.map((text) => ({ text, paint: cli.style.dim })), ...rows], {
        ...columnsOf(cli, 1),
        spare: [4, 6, 5],
      }))
        await cli.results.write(`${line}\n`)
    })
}

function rowOf(run: Run, style: Style): Cell[] {
  return [
    { text: run.run },
    { text: printable(run.name), paint: style.bold },
    { text: statusText(run), paint: paintOf(run, style) },
    { text: localTime(run.startedAt ?? run.createdAt).slice(0, '2026-11-21 19:24'.length) },
    { text: duration(run.seconds) },
    { text: count(run.entities) },
    { text: count(run.findings) },
  ]
}

export function statusText({ status, stopReason, losses, damaged }: Run): string {
  if (damaged) return `${status}, damaged`
  const end = stopReason && stopReason !== status ? `${status} (${printable(stopReason)})` : status
  return losses > 0 ? `${end}, ${losses} lost` : end
}

function paintOf({ status, losses, damaged }: Run, style: Style): (text: string) => string {
  if (status === 'failed' || damaged || losses > 0) return style.red
  if (status === 'finished') return style.green
  return status === 'running' || status === 'queued' ? style.cyan : style.yellow
}
