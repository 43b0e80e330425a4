import type { Command } from 'commander'
import { detect } from '@mirage/model/detect.ts'
import { isContentId } from '@mirage/model/id.ts'
import { nameOf } from '@mirage/model/namespace.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Exchange } from '@mirage/services/data-collection/contract.ts'
import type { Reason, StoredObservation } from '@mirage/services/data-storage/contract.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { findRun } from '../find-run.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { localTime } from '../output/shown.ts'
import { bytes, counted } from '../output/text.ts'

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
      const { items, observations } = await explain(api, run, entity)
      const exchanges = await exchangesOf(api, items)
      if (json)
        return cli.results.write(jsonLine({ run, chain: items, observations, exchanges: [...exchanges.values()] }))
      for (const line of chainLines(items, observations, exchanges, cli)) await cli.results.write(`${line}\n`)
    })
}

type Explained = Awaited<ReturnType<Api['storage']['explainEntity']>>

/**
 * Why what a person means by this text is in the run: an id, `type:value`, or a value in whichever of its readings the run
 * has met. Throws a `UsageError` that names what comes near when it has met none, or several.
 */
async function explain(api: Api, run: string, text: string): Promise<Explained> {
  for (const entity of referencesOf(text)) {
    const found = await explained(api, run, entity)
    if (found) return found
  }
  const { items } = await api.storage.searchEntities({
    run,
    query: `"${text.replaceAll('"', ' ').trim()}"`,
    limit: 200,
  })
  const same = items.filter(({ value }) => nameOf(value).toLowerCase() === text.toLowerCase())
  if (same.length === 1) return api.storage.explainEntity({ run, entity: same[0]!.id })
  const near = (same.length > 0 ? same : items).slice(0, 5).map(({ type, value }) => `${type}:${value}`)
  throw new UsageError(
    printable(
      near.length === 0
        ? `${run} has not seen “${text}”. “mirage entities ${run}” lists what it has.`
        : `${run} has ${same.length > 0 ? 'several of the name' : 'no entity'} “${text}”; write one of: ${near.join('  ')}`,
    ),
  )
}

/** How the API may know it, the likeliest first: an id, or types and canonical values. */
function referencesOf(text: string): string[] {
  if (isContentId(text)) return [text]
  const readings = detect(text).flatMap(({ entities }) => entities.slice(0, 1))
  return readings.length > 0
    ? readings.map(({ type, value }) => `${type}:${value}`)
    : /^[a-z-]+:/.test(text)
      ? [text]
      : []
}

async function explained(api: Api, run: string, entity: string): Promise<Explained | undefined> {
  try {
    return await api.storage.explainEntity({ run, entity })
  } catch (error) {
    if (error instanceof MirageError && error.code === 'entities.not_found') return undefined
    throw error
  }
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
    elapsedMs > 0 ? `${Math.round(elapsedMs)} ms` : '', // of many questions together there is none
    `from ${peer}`,
  ]
  return printable(`${request}  ${answer.filter((part) => part !== '').join(', ')}  exchange ${id}`)
}
