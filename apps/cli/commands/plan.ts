import type { Command } from 'commander'
import type { Lane, Plan } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from '../cli.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { columnsOf } from '../output/shown.ts'
import { type Cell, table } from '../output/table.ts'
import { count, counted, wrap } from '../output/text.ts'
import { addScanOptions, readScan, type ScanOptions } from './scan.ts'

export function addPlan(program: Command, cli: Cli): void {
  const command = program
    .command('plan')
    .summary('what a scan would do; sends nothing')
    .description(
      'Says what a scan with the same options would do: which modules, who learns of the target, which keys are missing. Sends nothing.',
    )
  addScanOptions(command)
    .optionsGroup('Results:')
    .option('--json', 'the plan as one JSON object')
    .addHelpText('after', '\nExample:\n  $ mirage plan example.com --profile passive')
    .action(async (targets: string[], { json, ...options }: ScanOptions) => {
      const definition = await readScan(cli, targets, options)
      const { api } = await cli.connect()
      const plan = await api.scans.planRun({ definition })
      if (json) return cli.results.write(jsonLine(plan))
      for (const line of planLines(plan, cli)) await cli.results.write(`${line}\n`)
    })
}

function planLines(plan: Plan, cli: Cli): string[] {
  const { style, stdout } = cli
  const width = (stdout.isTTY ? (stdout.columns ?? 80) : 100) - 4
  const section = (title: string, lines: string[]): string[] =>
    lines.length === 0
      ? []
      : [
          '',
          style.bold(title),
          ...lines.flatMap((line) =>
            wrap(printable(line), width).map((part, index) => `${index === 0 ? '  ' : '    '}${part}`),
          ),
        ]
  const planned = plan.lanes.filter(({ state }) => state === 'planned')
  const left = plan.lanes.filter(({ state }) => state !== 'planned')
  const targets = plan.seeds.slice(0, 10).map(({ type, value }) => `${value} (${type})`)
  const more = plan.seeds.length - targets.length
  return [
    `${style.bold('Targets')}  ${printable(targets.join(', '))}${more > 0 ? `, and ${count(more)} more` : ''}`,
    `${style.bold('Profile')}  ${plan.profile}; contact up to “${plan.contact}”; ${counted(plan.expectedCalls, 'call')} in the first round`,
    ...section('Refused', plan.refused),
    ...section('Who learns of the target', plan.contacted.length > 0 ? plan.contacted : ['nobody']),
    ...section('Scope', plan.scope),
    '',
    style.bold(`${counted(planned.length, 'module')} would run`),
    ...table(
      planned.map((lane) => laneRow(lane, cli)),
      indented(cli),
    ).map((line) => `  ${line}`),
    ...(left.length > 0 ? ['', style.bold(`${counted(left.length, 'module')} would not`)] : []),
    ...table(
      left.map((lane) => leftRow(lane, cli)),
      indented(cli),
    ).map((line) => `  ${line}`),
    '',
    style.dim('Nothing was sent.'),
  ]
}

function indented(cli: Cli): ReturnType<typeof columnsOf> {
  const { columns, ...rest } = columnsOf(cli, 2)
  return columns === undefined ? rest : { ...rest, columns: columns - 2 }
}

function laneRow({ module, contact, consumes, produces, discloses }: Lane, { style }: Cli): Cell[] {
  const note = discloses ? ' (makes the query public)' : ''
  return [
    { text: module, paint: style.bold },
    { text: contact, paint: contact === 'target' ? style.yellow : style.dim },
    { text: `${consumes.join(', ')} → ${produces.join(', ')}${note}`, paint: style.dim },
  ]
}

function leftRow({ module, state, key, contact }: Lane, { style }: Cli): Cell[] {
  const why: Record<Lane['state'], string> = {
    planned: '',
    'no-key': key ? `no key: ${key.name}, from ${key.where}` : 'no key',
    'beyond-contact': `its contact is “${contact}”, more than this run allows`,
    'not-allowed': 'needs --allow (invasive, slow or unofficial)',
    disabled: 'disabled in this installation',
  }
  return [{ text: module, paint: style.bold }, { text: contact, paint: style.dim }, { text: printable(why[state]) }]
}
