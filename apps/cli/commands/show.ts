import type { Command } from 'commander'
import type { Lane, Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { heldBackInWords } from '../output/held-back.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { columnsOf, localTime } from '../output/shown.ts'
import { type Cell, table } from '../output/table.ts'
import { count, counted, cut, duration, glued, indented } from '../output/text.ts'
import { statusText } from './runs.ts'

export function addShow(program: Command, cli: Cli): void {
  program
    .command('show')
    .summary('show a run: how far it is, what each module did')
    .description('Shows a run: what it was started with, how far it is, and what each module did.')
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .option('--json', 'the run and its modules as one JSON object')
    .addHelpText('after', '\nExample:\n  $ mirage show last')
    .action(async (text: string, { json }: { json?: boolean }) => {
      const { api } = await cli.connect()
      const run = await findRun(api, text)
      const { items: lanes } = await api.scans.listLanes({ run: run.run })
      if (json) return cli.results.write(jsonLine({ ...run, modules: lanes }))
      for (const line of [...runLines(run, cli), '', ...laneLines(lanes, cli)]) await cli.results.write(`${line}\n`)
    })
}

function runLines(run: Run, cli: Cli): string[] {
  const { style, stdout } = cli
  const seeds = run.seeds.slice(0, 5).map(({ type, value }) => `${value} (${type})`)
  const more = run.seedCount > seeds.length ? [`and ${count(run.seedCount - seeds.length)} more`] : []
  const types = Object.entries(run.byType).toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b))
  const rows: [string, string][] = [
    ['run', run.run],
    ['status', run.waitingFor ? `${statusText(run)}, waiting for ${run.waitingFor}` : statusText(run)],
    ['targets', [...seeds, ...more].join(', ')],
    ['started', run.startedAt ? `${localTime(run.startedAt)}, ran ${duration(run.seconds)}` : 'not yet'],
    ['sent', `${counted(run.requests, 'request')}, ${counted(run.queries, 'DNS query', 'DNS queries')}`],
    [
      'found',
      [
        counted(run.entities, 'entity', 'entities'),
        counted(run.observations, 'observation'),
        counted(run.relationships, 'relationship'),
        counted(run.findings, 'finding'),
      ].join(', '),
    ],
    ['types', types.map(([type, n]) => glued(`${type} ${count(n)}`)).join(' · ')],
    ...optionRows(run),
  ]
  const columns = stdout.isTTY ? (stdout.columns ?? 80) : undefined
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return [
    style.bold(printable(run.name)),
    ...rows
      .filter(([, text]) => text !== '')
      .flatMap(([name, text]) =>
        indented(printable(text), ' '.repeat(width), columns).map((line, index) =>
          index === 0 ? style.dim(name.padEnd(width)) + line.slice(width) : line,
        ),
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
  return shown.map(([name, value]) => [wordsOf(name), optionText(value)])
}

/** `maxRequests` as people read it; a name that is not ours, such as that of a header, as it is. */
function wordsOf(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function optionText(value: unknown): string {
  if (value === true) return 'yes'
  if (Array.isArray(value)) return value.map(optionText).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, one]) => `${wordsOf(name)} ${optionText(one)}`)
    .join(', ')
}

function laneLines(lanes: Lane[], cli: Cli): string[] {
  const { style } = cli
  const head = ['module', 'tasks', 'found', 'outcomes'].map((text) => ({ text, paint: style.dim }))
  const rows = lanes.map((lane): Cell[] => [
    { text: lane.module, paint: style.bold },
    { text: lane.state === 'planned' ? `${count(lane.done)}/${count(lane.done + lane.queued + lane.running)}` : '–' },
    { text: count(lane.observations) },
    { text: lane.state === 'planned' ? outcomesOf(lane) : stateOf(lane) },
  ])
  const options = columnsOf(cli, 3)
  const [first, ...lines] = table([head, ...rows], options)
  return [
    first!,
    ...lines.flatMap((line, index) => {
      const { heldBack, lastReason } = lanes[index]!
      const below = (text: string): string => (options.columns === undefined ? text : cut(text, options.columns))
      return [
        line,
        ...(heldBack ? [style.dim(below(`    ${heldBackInWords(heldBack)}`))] : []),
        ...(lastReason === undefined ? [] : [style.yellow(below(`    last: ${printable(lastReason)}`))]),
      ]
    }),
  ]
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
