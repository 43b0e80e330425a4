import { reverseName } from '@mirage/model/address.ts'
import type { EntityRef } from '@mirage/model/entity.ts'
import type { CollectionFinished } from '../contract.ts'

/**
 * Of which entities of a task not all was answered, where these names brought no answer: those whose own name one of them
 * is, or stands below. A name that is of none of them may concern any.
 */
export function unansweredOf(
  entities: readonly EntityRef[],
  names: ReadonlySet<string>,
): Pick<CollectionFinished, 'unanswered'> {
  if (names.size === 0) return {}
  const byName = new Map(
    entities.map(({ id, type, value }) => [type === 'ip-address' ? reverseName(value) : value, id]),
  )
  const found = new Set<string>()
  for (const name of names) {
    let above: string | undefined = name
    while (above !== undefined && !byName.has(above)) above = parentOf(above)
    if (above === undefined) return { unanswered: 'all' }
    found.add(byName.get(above)!)
  }
  return { unanswered: [...found] }
}

function parentOf(name: string): string | undefined {
  const dot = name.indexOf('.')
  return dot < 0 ? undefined : name.slice(dot + 1)
}
