import { join } from 'node:path'
import type { EntityType } from '@mirage/model/entity.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { Api } from '../api.ts'
import { csvRow, entityColumns, entityRow } from './csv.ts'
import { placed } from './entities.ts'
import { fileOutput, type Output } from './output.ts'
import type { Waiting } from '../pipe.ts'
import { jsonLine, printable } from './printable.ts'
import { findingRecord, relationshipRecord, runRecord, storedEntityRecord, summaryRecord } from './records.ts'

const lists: Partial<Record<EntityType, string>> = {
  domain: 'domains.txt',
  'ip-address': 'addresses.txt',
  url: 'urls.txt',
  email: 'emails.txt',
}

/** `run.json` and `plan.json`, at the beginning of a run. */
export async function beginFolder(folder: string, api: Api, run: Run, waiting: Waiting): Promise<void> {
  await writeOne(join(folder, 'run.json'), runRecord(run), waiting)
  const { definition } = await api.scans.getRun({ run: run.run }) // only this answer holds the definition
  if (definition) await writeOne(join(folder, 'plan.json'), await api.scans.planRun({ definition }), waiting)
}

/** Every other file of `-O`, once the run has ended; whatever its size, in flat memory. */
export async function finishFolder(folder: string, api: Api, run: Run, waiting: Waiting): Promise<void> {
  await writeOne(join(folder, 'run.json'), runRecord(run), waiting)
  await writeEntities(folder, api, run.run, waiting)
  await writeLines(
    join(folder, 'relationships.ndjson'),
    await api.storage.exportRelationships({ run: run.run }),
    (row) => relationshipRecord(run.run, row),
    waiting,
  )
  await writeLines(
    join(folder, 'findings.ndjson'),
    await api.correlation.exportFindings({ run: run.run }),
    (row) => findingRecord(run.run, row),
    waiting,
  )
  await writeOne(join(folder, 'summary.json'), summaryRecord(run), waiting)
}

async function writeEntities(folder: string, api: Api, run: string, waiting: Waiting): Promise<void> {
  const open = (name: string): Promise<Output> => fileOutput(join(folder, name), waiting)
  const lines = await open('entities.ndjson')
  const table = await open('entities.csv')
  const listed = new Map<string, Output>()
  for (const [type, name] of Object.entries(lists)) listed.set(type, await open(name))
  await table.write(csvRow(entityColumns))
  for await (const one of placed(api, run, await api.storage.exportEntities({ run }))) {
    await lines.write(jsonLine(storedEntityRecord(run, one.entity, one.reached)))
    await table.write(entityRow(one))
    await listed.get(one.entity.type)?.write(`${printable(one.entity.value)}\n`)
  }
  for (const output of [lines, table, ...listed.values()]) await output.end()
}

async function writeLines<T>(
  path: string,
  rows: AsyncIterable<T>,
  recordOf: (row: T) => object,
  waiting: Waiting,
): Promise<void> {
  const output = await fileOutput(path, waiting)
  for await (const row of rows) await output.write(jsonLine(recordOf(row)))
  await output.end()
}

async function writeOne(path: string, value: unknown, waiting: Waiting): Promise<void> {
  const output = await fileOutput(path, waiting)
  await output.write(`${JSON.stringify(value, null, 2)}\n`)
  await output.end()
}
