import type { SearchRecord } from '@mirage/ports/search.ts'
import { display } from '@mirage/model/registry.ts'
import type { EntityDocument, MarkDocument } from './store.ts'

/** What can be searched of an entity; `tags` are those that modules gave and that hold. */
export function searchRecordOf(entity: EntityDocument, tags: string[], mark: MarkDocument | undefined): SearchRecord {
  const { id, type, value, firstSeenAt, lastSeenAt, modules, runs } = entity
  const shown = display(type, value)
  return {
    id,
    text: shown === value ? value : `${value} ${shown}`,
    facets: {
      type: [type],
      tag: [...new Set([...tags, ...(mark?.tags ?? [])])],
      module: modules,
      run: runs,
      ...(mark?.falsePositive ? { is: ['false-positive'] } : {}),
    },
    numbers: { first: firstSeenAt, seen: lastSeenAt },
  }
}
