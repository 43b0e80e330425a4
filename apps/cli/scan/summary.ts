import { type Outcome, outcomes } from '@mirage/model/outcome.ts'
import { severities } from '@mirage/model/finding.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import { findingLine } from '../output/finding-line.ts'
import { printable } from '../output/printable.ts'
import { paintSeverity, type Style } from '../output/style.ts'
import { count, counted, duration, fit, glued, indented } from '../output/text.ts'

export interface SummaryOptions {
  style: Style
  /** How the person calls the command. */
  program: string
  columns?: number
}

/** What a run came to, in words, and three commands that go on from here. */
export function summaryLines(run: Run, findings: Finding[], options: SummaryOptions): string[] {
  const { style, program, columns } = options
  return [
    '',
    ...indented(headline(run, style), '', columns),
    ...typeLines(run, options),
    ...findingLines(findings, options),
    ...troubleLines(run, options),
    '',
    'Next:',
    ...nextCommands(run, findings).map((command) => `  ${style.cyan(`${program} ${command}`)}`),
  ]
}

function headline(run: Run, style: Style): string {
  const { entities, observations, relationships, findings, requests, queries } = run
  const counts = [
    counted(entities, 'entity', 'entities'),
    counted(observations, 'observation'),
    counted(relationships, 'relationship'),
    counted(findings, 'finding'),
  ].join(', ')
  const sent = `${counted(requests, 'request')}, ${counted(queries, 'DNS query', 'DNS queries')}`
  return `${style.bold(`${printable(run.name)}: ${endOf(run)}`)} in ${duration(run.seconds)}. ${counts}; ${sent}.`
}

/** How it ended: a run that stopped at a limit says so. */
function endOf({ status, stopReason, losses }: Run): string {
  const end = stopReason && stopReason !== status ? `${status} (${stopReason})` : status
  return losses > 0 ? `${end} with ${counted(losses, 'record')} lost` : end
}

const typesShown = 8

function typeLines({ byType }: Run, { style, columns }: SummaryOptions): string[] {
  const types = Object.entries(byType).toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b))
  if (types.length === 0) return []
  const shown = types.slice(0, typesShown).map(([type, n]) => glued(`${type} ${count(n)}`))
  const rest = types.length > typesShown ? [glued(`${types.length - typesShown} more types`)] : []
  return indented([...shown, ...rest].join(' · '), '  ', columns).map(style.dim)
}

const findingsShown = 5

function findingLines(findings: Finding[], { style, columns }: SummaryOptions): string[] {
  if (findings.length === 0) return []
  const counts = severities
    .toReversed()
    .map((severity) => ({ severity, n: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ n }) => n > 0)
    .map(({ severity, n }) => paintSeverity(style, severity, `${n} ${severity}`))
  const worst = findings
    .toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity))
    .slice(0, findingsShown)
    .map((finding) => `  ${findingLine(finding, style, columns === undefined ? undefined : columns - 2)}`)
  const rest = findings.length - worst.length
  return ['', `Findings: ${counts.join(', ')}`, ...worst, ...(rest > 0 ? [style.dim(`  … and ${rest} more`)] : [])]
}

const fine = new Set<Outcome>(['found', 'empty', 'skipped'])
const modulesShown = 4

/** Every zero is explained: which modules could not do their work, and why. */
function troubleLines({ outcomes: byModule }: Run, { style, columns }: SummaryOptions): string[] {
  const lines: string[] = []
  for (const outcome of outcomes) {
    if (fine.has(outcome)) continue
    const modules = Object.entries(byModule).flatMap(([module, counts]) => {
      const n = counts[outcome] ?? 0
      return n > 0 ? [glued(n > 1 ? `${module} ×${count(n)}` : module)] : []
    })
    if (modules.length === 0) continue
    const rest = modules.length > modulesShown ? ` and ${modules.length - modulesShown} more` : ''
    lines.push(
      ...indented(
        `${style.yellow(glued(fit(outcome, 14)))}${modules.slice(0, modulesShown).join(', ')}${rest}`,
        '  ',
        columns,
      ),
    )
  }
  return lines.length > 0 ? ['', 'Not answered:', ...lines] : []
}

/** Three commands with the id of this run in them. */
function nextCommands({ run, byType }: Run, findings: Finding[]): string[] {
  const [commonest = 'domain'] = Object.entries(byType).toSorted(([, n], [, m]) => m - n)[0] ?? []
  return [
    `entities ${run} type:${commonest}`,
    findings.length > 0 ? `findings ${run}` : `show ${run}`,
    `export ${run} --format graphml -o run.graphml`,
  ]
}
