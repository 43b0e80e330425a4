import type { Command } from 'commander'
import type { Severity } from '@mirage/model/finding.ts'
import { type FindingState, findingStates } from '@mirage/model/finding.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import { wholeList } from '../api.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { findRun } from '../find-run.ts'
import { list, severityList } from '../options.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { findingRecord } from '../output/records.ts'
import { localTime } from '../output/shown.ts'
import { paintSeverity, type Style } from '../output/style.ts'
import { fit, wrap } from '../output/text.ts'
import { oneOf } from '../scan/definition.ts'

interface FindingsOptions {
  severity?: Severity[]
  state?: string[]
  rule?: string
  json?: boolean
}

export function addFindings(program: Command, cli: Cli): void {
  program
    .command('findings')
    .summary('list the findings of a run, most severe first')
    .description('Lists the findings of a run, the most severe first, each with what it means and what it rests on.')
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .option('--severity <severities>', 'only these: info, low, medium, high, critical', severityList)
    .option('--state <states>', 'only these: new, confirmed, dismissed, accepted, resolved', list)
    .option('--rule <id>', 'only of this rule')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  $ mirage findings last --severity high,critical')
    .action(async (text: string, options: FindingsOptions) => {
      const wrong: string[] = []
      const state = oneOf<FindingState>('--state', options.state, findingStates, wrong)
      if (wrong.length > 0) throw new UsageError(...wrong)
      const { api } = await cli.connect()
      const { run } = await findRun(api, text)
      const filter = {
        run,
        ...(options.severity ? { severity: options.severity } : {}),
        ...(state ? { state } : {}),
        ...(options.rule === undefined ? {} : { rule: options.rule }),
      }
      let n = 0
      for await (const finding of wholeList((page) => api.correlation.listFindings({ ...filter, ...page }))) {
        n++
        if (options.json) await cli.results.write(jsonLine(findingRecord(run, finding)))
        else await cli.results.write(`${findingLines(finding, widthOf(cli), cli.style).join('\n')}\n\n`)
      }
      if (n === 0) cli.people.say(`No such finding in ${run}.`)
    })
}

export function widthOf({ stdout }: Cli): number {
  return Math.min(100, stdout.isTTY ? (stdout.columns ?? 80) : 100)
}

/** A finding in full: severity, title, what it means, what it rests on, and its id. */
export function findingLines(finding: Finding, columns: number, style: Style): string[] {
  const { id, severity, title, explanation, evidence, state, acceptedUntil, comment, rule } = finding
  const indent = '          '
  const said = [
    state === 'new' ? '' : acceptedUntil ? `${state} until ${acceptedUntil.slice(0, 10)}` : state,
    comment ? `“${printable(comment)}”` : '',
  ].filter((text) => text !== '')
  return [
    ...wrap(printable(title), columns - indent.length).map((line, index) =>
      index === 0
        ? `${paintSeverity(style, severity, fit(severity.toUpperCase(), 8))}  ${style.bold(line)}`
        : indent + style.bold(line),
    ),
    ...wrap(printable(explanation), columns - indent.length).map((line) => indent + line),
    ...evidence
      .slice(0, 10)
      .flatMap(({ entity, text }) =>
        wrap(printable(`${entity.value}: ${text}`), columns - indent.length - 2).map(
          (line, index) => `${indent}${index === 0 ? '· ' : '  '}${line}`,
        ),
      ),
    ...(evidence.length > 10 ? [`${indent}… and ${evidence.length - 10} more`] : []),
    ...(said.length > 0 ? [`${indent}${style.green(said.join(', '))}`] : []),
    ...wrap(
      `${id}\u00a0 ${rule}\u00a0 seen\u00a0${localTime(finding.lastSeenAt).slice(0, 10)}`,
      columns - indent.length,
    ).map((line) => indent + style.dim(line.trimEnd())),
  ]
}
