import type { Command } from 'commander'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { display } from '@mirage/model/registry.ts'
import type { StoredEntity } from '@mirage/services/data-storage/contract.ts'
import { type Api, wholeList } from '../api.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { findRun } from '../find-run.ts'
import { list, valuesOption } from '../options.ts'
import { type PlacedEntity, placed } from '../output/entities.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { storedEntityRecord } from '../output/records.ts'
import { entityLine } from '../output/results.ts'
import { cut, fit } from '../output/text.ts'
import { readTypes } from '../scan/definition.ts'

interface EntitiesOptions {
  values?: string
  count?: boolean
  json?: boolean
  inScope?: boolean
}

const help = `
The query: words and conditions, all of which must hold.
  mail "two words"       parts of the value  domain:a.example.com   this entity
  type:domain,email      these types         tag:cdn                has this tag
  module:crtsh           seen by a module    is:false-positive      marked so
  seen:>2026-01-31       last seen since     first:>7d              first seen in the last week
A “-” in front turns one around: 'type:domain -tag:unresolved'. Quotes keep the shell away from it.

Examples:
  $ mirage entities last
  $ mirage entities last type:email --values
  $ mirage entities last 'type:domain "vpn"' --in-scope --json
  $ mirage entities last tag:expired --count`

export function addEntities(program: Command, cli: Cli): void {
  program
    .command('entities')
    .summary('list what a run found')
    .description('Lists the entities of a run that a query selects, in the order in which they were first seen.')
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .argument('[query...]', 'only those that it selects')
    .addOption(valuesOption())
    .option('--count', 'only how many')
    .option('--json', 'one JSON object a line')
    .option('--in-scope', 'without affiliates: what was seen outside the scope')
    .addHelpText('after', help)
    .action(async (text: string, words: string[], options: EntitiesOptions) => {
      if ([options.values, options.count, options.json].filter(Boolean).length > 1)
        throw new UsageError('--values, --count and --json are three ways to answer: choose one.')
      const types = wantedTypes(options.values)
      const { api } = await cli.connect()
      const { run } = await findRun(api, text)
      const query = words.join(' ')
      const write = writerOf(run, options, cli)
      let n = 0
      for await (const one of select(api, run, query, types, options)) {
        n++
        await write(one)
      }
      if (options.count) await cli.results.write(`${n}\n`)
      else if (n === 0)
        cli.people.say(query === '' ? 'This run has no entity.' : `Nothing in ${run} matches ${printable(query)}`)
    })
}

function wantedTypes(values: string | undefined): EntityType[] | undefined {
  return values === undefined || values === '*' ? undefined : readTypes('--values', list(values, undefined))
}

async function* select(
  api: Api,
  run: string,
  query: string,
  types: EntityType[] | undefined,
  options: EntitiesOptions,
): AsyncIterable<PlacedEntity> {
  // Beside a query that names types itself this would widen it: what is left over is left out below.
  const narrowed = types && !query.includes(':') ? `${query} type:${types.join(',')}`.trim() : query
  const search = { run, ...(narrowed === '' ? {} : { query: narrowed }) }
  const entities = wholeList((page) => api.storage.searchEntities({ ...search, ...page }))
  const needsPlace = options.inScope || options.json || (!options.values && !options.count)
  const all = needsPlace ? placed(api, run, entities) : bare(entities)
  const wanted = types && new Set<string>(types)
  for await (const one of all) {
    if (options.inScope && one.reached?.scope !== 'in') continue
    if (wanted && !wanted.has(one.entity.type)) continue
    yield one
  }
}

async function* bare(entities: AsyncIterable<StoredEntity>): AsyncIterable<PlacedEntity> {
  for await (const entity of entities) yield { entity }
}

function writerOf(run: string, options: EntitiesOptions, cli: Cli): (one: PlacedEntity) => Promise<void> {
  const { results, stdout, style } = cli
  if (options.count) return async () => undefined
  if (options.json) return ({ entity, reached }) => results.write(jsonLine(storedEntityRecord(run, entity, reached)))
  if (options.values) return ({ entity }) => results.write(`${printable(entity.value)}\n`)
  if (!stdout.isTTY)
    return ({ entity, reached }) =>
      results.write(entityLine({ ...entity, ...(reached ? { scope: reached.scope } : {}) }))
  return ({ entity, reached }) => {
    const columns = stdout.columns ?? 80
    const notes = [
      ...(entity.falsePositive ? ['false positive'] : []),
      ...(reached?.scope === 'affiliate' ? ['affiliate'] : []),
      ...entity.tags,
      ...(entity.notes.length > 0 ? [`“${entity.notes.at(-1)!.text}”`] : []),
    ]
    const side = printable(
      notes.length > 0 ? `${entity.modules.join(', ')} (${notes.join(', ')})` : entity.modules.join(', '),
    )
    const value = fit(printable(shown(entity)), Math.max(20, Math.floor((columns - 20) * 0.6)))
    return results.write(
      `${style.dim(fit(entity.type, 16))}  ${value}  ${style.dim(cut(side, columns - 20 - value.length))}\n`,
    )
  }
}

/** As people read it; a type of a newer server as it comes. */
function shown({ type, value }: StoredEntity): string {
  return entityTypes.includes(type as EntityType) ? display(type as EntityType, value) : value
}
