import type { Command } from 'commander'
import { detect } from '@mirage/model/detect.ts'
import { isContentId } from '@mirage/model/id.ts'
import type { Exchange } from '@mirage/services/data-collection/contract.ts'
import type { Reason, StoredObservation } from '@mirage/services/data-storage/contract.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { localTime } from '../output/shown.ts'
import { bytes, counted } from '../output/text.ts'
import { findRun } from '../runs.ts'

const help = `
Examples:
  $ mirage why last mail.example.com
  $ mirage why last email:info@example.com`

export function addWhy(program: Command, cli: Cli): void {
  program
    .command('why')
    .summary('why an entity is here: the chain from the target to it')
    .description(
      'Shows why an entity is here: every step from a target to it, with the module, the time, and the recorded exchange it was read from.',
    )
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .argument('<entity>', 'a value, type:value, or an id')
    .option('--json', 'the chain and every observation as one JSON object')
    .addHelpText('after', help)
    .action(async (text: string, entity: string, { json }: { json?: boolean }) => {
      const { api } = await cli.connect()
      const { run } = await findRun(api, text)
      const { items, observations } = await api.storage.explainEntity({ run, entity: referenceOf(entity) })
      const exchanges = await exchangesOf(api, items)
      if (json)
        return cli.results.write(jsonLine({ run, chain: items, observations, exchanges: [...exchanges.values()] }))
      for (const line of chainLines(items, observations, exchanges, cli)) await cli.results.write(`${line}\n`)
    })
}

/** The entity as the API takes it: an id, or type and canonical value. */
export function referenceOf(text: string): string {
  if (isContentId(text)) return text
  const [reading] = detect(text)
  const [entity] = reading?.entities ?? []
  if (entity) return `${entity.type}:${entity.value}`
  if (/^[a-z-]+:/.test(text)) return text
  throw new UsageError(
    `“${printable(text)}” is not an entity; write type:value, such as domain:example.com, or its id.`,
  )
}

async function exchangesOf(api: Api, items: Reason[]): Promise<Map<string, Exchange>> {
  const exchanges = new Map<string, Exchange>()
  for (const { observation } of items) {
    const id = observation?.exchange
    if (id === undefined || exchanges.has(id)) continue
    try {
      exchanges.set(id, await api.collection.getExchange({ id }))
    } catch {
      // its record was removed by retention: the observation stands without it
    }
  }
  return exchanges
}

function chainLines(
  items: Reason[],
  observations: StoredObservation[],
  exchanges: Map<string, Exchange>,
  { style }: Cli,
): string[] {
  const lines: string[] = []
  for (const [index, { entity, observation }] of items.entries()) {
    const indent = '  '.repeat(index)
    const arrow = index === 0 ? '' : `└ ${edgeOf(observation)} `
    lines.push(`${indent}${style.dim(arrow)}${style.bold(printable(entity.value))} ${style.dim(`(${entity.type})`)}`)
    const below = `${indent}${index === 0 ? '' : '    '}`
    if (!observation || index === 0)
      lines.push(`${below}${style.dim(index === 0 ? 'a target of this run' : 'no record')}`)
    else {
      const { module, moduleVersion, firstSeenAt, raw } = observation
      const seen = raw !== undefined && raw !== entity.value ? `, seen as “${printable(raw)}”` : ''
      lines.push(`${below}by ${style.cyan(module)} version ${moduleVersion}, ${localTime(firstSeenAt)}${seen}`)
      const exchange = observation.exchange === undefined ? undefined : exchanges.get(observation.exchange)
      if (exchange) lines.push(`${below}${style.dim(exchangeText(exchange))}`)
    }
  }
  const modules = [...new Set(observations.map(({ module }) => module))].toSorted()
  if (observations.length > 1)
    lines.push('', `${counted(observations.length, 'observation')} of it in this run, by ${modules.join(', ')}.`)
  return lines
}

/** The edge in reading direction: `mentions →`, or `← affects` where the new entity is its beginning. */
function edgeOf(observation: StoredObservation | undefined): string {
  if (!observation?.kind) return '→'
  const kind = observation.qualifier ? `${observation.kind} ${observation.qualifier}` : observation.kind
  return observation.direction === 'in' ? `← ${kind}` : `${kind} →`
}

function exchangeText({ id, request, status, bytes: size, elapsedMs, peer }: Exchange): string {
  const answer = [
    status === undefined ? '' : String(status),
    bytes(size),
    `${Math.round(elapsedMs)} ms`,
    `from ${peer}`,
  ]
  return printable(`${request}  ${answer.filter((part) => part !== '').join(', ')}  exchange ${id}`)
}
