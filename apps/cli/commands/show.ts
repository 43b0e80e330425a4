import type { Command } from 'commander'
import type { Lane, Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from '../cli.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { columnsOf, localTime } from '../output/shown.ts'
import { type Cell, table } from '../output/table.ts'
import { count, duration } from '../output/text.ts'
import { findRun } from '../runs.ts'
import { statusText } from './runs.ts'

export function addShow(program: Command, cli: Cli): void {
  program
    .command('show')
    .summary('show a run: how far it is, what each module did')
    .description('Shows a run: what it was started with, how far it is, and what each module did.')
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .option('--json', 'the run and its modules as one JSON object')
    .action(async (text: string, { json }: { json?: boolean }) => {
      const { api } = await cli.connect()
      const run = await findRun(api, text)
      const { items: lanes } = await api.scans.listLanes({ run: run.run })
      if (json) return cli.results.write(jsonLine({ ...run, modules: lanes }))
      for (const line of [...runLines(run, cli), '', ...laneLines(lanes, cli)]) await cli.results.write(`${line}\n`)
    })
}

function runLines(run: Run, cli: Cli): string[] {
  const { style } = cli
  const seeds = run.seeds.slice(0, 5).map(({ type, value }) => `${value} (${type})`)
  const more = run.seedCount > seeds.length ? [`and ${count(run.seedCount - seeds.length)} more`] : []
  const types = Object.entries(run.byType).toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b))
  const rows: [string, string][] = [
    ['run', run.run],
    ['status', run.waitingFor ? `${statusText(run)}, waiting for ${run.waitingFor}` : statusText(run)],
    ['targets', [...seeds, ...more].join(', ')],
    ['started', run.startedAt ? `${localTime(run.startedAt)}, ran ${duration(run.seconds)}` : 'not yet'],
    ['sent', `${count(run.requests)} requests, ${count(run.queries)} DNS queries`],
    [
      'found',
      `${count(run.entities)} entities, ${count(run.observations)} observations, ${count(run.relationships)} relationships, ${count(run.findings)} findings`,
    ],
    ['types', types.map(([type, n]) => `${type} ${count(n)}`).join(' · ')],
    ...optionRows(run),
  ]
  return [
    style.bold(printable(run.name)),
    ...table(
      rows.filter(([, text]) => text !== '').map(([name, text]) => [{ text: name, paint: style.dim }, printable(text)]),
      columnsOf(cli, 1),
    ),
  ]
}

/** What the run was started with, beyond its targets. */
function optionRows({ definition }: Run): [string, string][] {
  if (!definition) return []
  const { seeds: _seeds, name: _name, include, exclude, ...rest } = definition
  const shown = Object.entries({
    ...rest,
    ...(include ? { include: include.length > 5 ? `${count(include.length)} rules` : include } : {}),
    ...(exclude ? { exclude: exclude.length > 5 ? `${count(exclude.length)} rules` : exclude } : {}),
  })
  return shown.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
}

function laneLines(lanes: Lane[], cli: Cli): string[] {
  const { style } = cli
  const head = ['module', 'tasks', 'found', 'outcomes', 'last trouble'].map((text) => ({ text, paint: style.dim }))
  const rows = lanes.map((lane): Cell[] => [
    { text: lane.module, paint: style.bold },
    { text: lane.state === 'planned' ? `${count(lane.done)}/${count(lane.done + lane.queued + lane.running)}` : '–' },
    { text: count(lane.observations) },
    { text: lane.state === 'planned' ? outcomesOf(lane) : stateOf(lane) },
    { text: printable(lane.lastReason ?? ''), paint: style.yellow },
  ])
  return table([head, ...rows], columnsOf(cli, 4))
}

function outcomesOf({ outcomes }: Lane): string {
  return Object.entries(outcomes)
    .toSorted(([, n], [, m]) => m - n)
    .map(([outcome, n]) => `${outcome} ${count(n)}`)
    .join(', ')
}

function stateOf({ state, key }: Lane): string {
  return state === 'no-key' && key ? `no key: ${key.name}` : state.replaceAll('-', ' ')
}
