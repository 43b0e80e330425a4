import { type Command, Option } from 'commander'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { csvRow, entityColumns, entityRow } from '../output/csv.ts'
import { placed } from '../output/entities.ts'
import { fileOutput, type Output } from '../output/output.ts'
import { jsonLine } from '../output/printable.ts'
import {
  findingRecord,
  observationRecord,
  relationshipRecord,
  runRecord,
  storedEntityRecord,
} from '../output/records.ts'

const formats = ['ndjson', 'json', 'csv', 'graphml', 'cytoscape'] as const
type Format = (typeof formats)[number]

const help = `
Formats:
  ndjson      entity, observation, relationship and finding lines, each kind ordered by id
  json        the same as one document
  csv         the entities, one a row
  graphml     the graph, for Gephi, yEd and others
  cytoscape   the graph, for Cytoscape

In ndjson and json, “kind” says what a line is: entity, observation, relationship or finding. The kind of a relationship
is its “type”; “from” and “to” are ids of entities.

Example:
  $ mirage export last --format graphml -o example.graphml`

export function addExport(program: Command, cli: Cli): void {
  program
    .command('export')
    .summary('write everything a run found in another format')
    .description('Writes everything a run found, whatever its size, to standard output or a file.')
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .addOption(new Option('--format <format>', 'how').choices([...formats]).default('ndjson'))
    .option('-o, --output <file>', 'write to this file')
    .addHelpText('after', help)
    .action(async (text: string, { format, output: file }: { format: Format; output?: string }) => {
      const { api } = await cli.connect()
      const { run } = await findRun(api, text)
      const output = file === undefined ? cli.results : await fileOutput(file, cli)
      await write(format, api, run, output)
      if (file !== undefined) {
        await output.end()
        cli.people.say(`Written to ${file}.`)
      }
    })
}

async function write(format: Format, api: Api, run: string, output: Output): Promise<void> {
  switch (format) {
    case 'ndjson':
      for await (const record of recordsOf(api, run)) await output.write(jsonLine(record))
      return
    case 'json':
      return writeDocument(api, run, output)
    case 'csv':
      await output.write(csvRow(entityColumns))
      for await (const one of placed(api, run, await api.storage.exportEntities({ run })))
        await output.write(entityRow(one))
      return
    case 'graphml':
    case 'cytoscape': {
      const { body } = await api.views.exportGraphView({ run, format })
      if (typeof body === 'string' || body instanceof Uint8Array) return output.write(body.toString())
      const decoder = new TextDecoder()
      for await (const chunk of body)
        await output.write(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))
      await output.write(decoder.decode())
    }
  }
}

/**
 * Every record of a run but the run itself: entities, observations, relationships, findings, each ordered by id. Where
 * some are damaged, those that can be read come all the same, and the error at the end.
 */
async function* recordsOf(api: Api, run: string): AsyncIterable<object> {
  let damage: MirageError | undefined
  for (const part of Object.values(partsOf(api, run)))
    try {
      yield* part()
    } catch (error) {
      if (!(error instanceof MirageError) || error.code !== 'record.damaged') throw error
      damage ??= error
    }
  if (damage) throw damage
}

function partsOf(api: Api, run: string): Record<string, () => AsyncIterable<object>> {
  return {
    async *entities() {
      for await (const { entity, reached } of placed(api, run, await api.storage.exportEntities({ run })))
        yield storedEntityRecord(run, entity, reached)
    },
    async *observations() {
      for await (const row of await api.storage.exportObservations({ run })) yield observationRecord(row)
    },
    async *relationships() {
      for await (const row of await api.storage.exportRelationships({ run })) yield relationshipRecord(run, row)
    },
    async *findings() {
      for await (const row of await api.correlation.exportFindings({ run })) yield findingRecord(run, row)
    },
  }
}

/** `{ run, entities: […], observations: […], relationships: […], findings: […] }`, written as it comes. */
async function writeDocument(api: Api, run: string, output: Output): Promise<void> {
  await output.write(`{"run":${jsonLine(runRecord(await api.scans.getRun({ run }))).trimEnd()}`)
  for (const [name, part] of Object.entries(partsOf(api, run))) {
    await output.write(`,\n"${name}":[`)
    let separator = '\n'
    for await (const record of part()) {
      await output.write(separator + jsonLine(record).trimEnd())
      separator = ',\n'
    }
    await output.write(']')
  }
  await output.write('}\n')
}
