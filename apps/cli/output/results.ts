import type { EntityType } from '@mirage/model/entity.ts'
import type { Api } from '../api.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { Watcher } from '../scan/watch.ts'
import type { Output } from './output.ts'
import { jsonLine, printable } from './printable.ts'
import { entityRecord, findingRecord, relationshipRecord, runRecord, summaryRecord, taskRecord } from './records.ts'

/** How results are written: one object a line, bare values (of these types), or columns with tabs. */
export type ResultFormat = { as: 'json' } | { as: 'values'; types?: EntityType[] } | { as: 'lines' }

/** Writes the results of one run as they come. */
export interface ResultWriter {
  begin(run: Run): Promise<void>
  watcher: Watcher
  /** What is known only at the end. */
  finish(run: Run): Promise<void>
}

export function writeResults(format: ResultFormat, output: Output, api: Api, run: string): ResultWriter {
  switch (format.as) {
    case 'json':
      return jsonResults(output, api, run)
    case 'values':
      return valueResults(output, format.types)
    case 'lines':
      return lineResults(output)
  }
}

function jsonResults(output: Output, api: Api, run: string): ResultWriter {
  return {
    begin: (started) => output.write(jsonLine(runRecord(started))),
    watcher: {
      entity: (entity) => output.write(jsonLine(entityRecord(run, entity))),
      task: (task) => output.write(jsonLine(taskRecord(run, task))),
      finding: (finding) => output.write(jsonLine(findingRecord(run, finding))),
    },
    async finish(ended) {
      for await (const relationship of await api.storage.exportRelationships({ run }))
        await output.write(jsonLine(relationshipRecord(run, relationship)))
      await output.write(jsonLine(summaryRecord(ended)))
    },
  }
}

/** Types that come by the million and are never spelled alike: their values are not remembered. */
const numerous = new Set<EntityType>(['domain', 'ip-address', 'url', 'dns-record', 'open-port'])

function valueResults(output: Output, types: EntityType[] | undefined): ResultWriter {
  const wanted = types && new Set<string>(types)
  const written = new Set<string>()

  /** The events name each entity once, but two words of different types may be spelled alike. */
  function isNew(type: EntityType, value: string): boolean {
    if (numerous.has(type)) return true
    if (written.has(value)) return false
    written.add(value)
    return true
  }
  return {
    begin: async () => undefined,
    watcher: {
      async entity({ type, value }) {
        if ((!wanted || wanted.has(type)) && isNew(type, value)) await output.write(`${printable(value)}\n`)
      },
    },
    finish: async () => undefined,
  }
}

function lineResults(output: Output): ResultWriter {
  return {
    begin: async () => undefined,
    watcher: { entity: (entity) => output.write(entityLine(entity)) },
    finish: async () => undefined,
  }
}

/** What a line shows of an entity. */
interface LineOf {
  type: string
  value: string
  modules: string[]
  tags: string[]
  scope?: string
}

/** `[type]<TAB>value<TAB>module<TAB>(tags)`; what is out of scope has the tag `affiliate`. */
export function entityLine({ type, value, modules, tags, scope }: LineOf): string {
  const shown = scope === 'affiliate' && !tags.includes('affiliate') ? [...tags, 'affiliate'] : tags
  return `[${type}]\t${printable(value)}\t${modules.join(',')}\t(${shown.map(printable).join(', ')})\n`
}
