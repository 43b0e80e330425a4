import type { StoredEntity } from '@mirage/services/data-storage/contract.ts'
import type { Reached } from '@mirage/services/scan-orchestration/contract.ts'
import type { Api } from '../api.ts'

export interface PlacedEntity {
  entity: StoredEntity
  /** Where it stands in the run; absent when the run did not meet it. */
  reached?: Reached
}

const together = 1000

/** Entities with their seed, distance and scope in this run, in the order they come, a thousand looked up at a time. */
export async function* placed(
  api: Api,
  run: string,
  entities: AsyncIterable<StoredEntity>,
): AsyncIterable<PlacedEntity> {
  let waiting: StoredEntity[] = []
  let failure: { error: unknown } | undefined
  try {
    for await (const entity of entities) {
      waiting.push(entity)
      if (waiting.length < together) continue
      yield* await place(api, run, waiting)
      waiting = []
    }
  } catch (error) {
    // What came before is not lost with it.
    failure = { error }
  }
  yield* await place(api, run, waiting)
  if (failure) throw failure.error
}

async function place(api: Api, run: string, entities: StoredEntity[]): Promise<PlacedEntity[]> {
  if (entities.length === 0) return []
  const { items } = await api.scans.describeReached({ run, ids: entities.map(({ id }) => id) })
  const byId = new Map(items.map((reached) => [reached.id, reached]))
  return entities.map((entity) => {
    const reached = byId.get(entity.id)
    return reached ? { entity, reached } : { entity }
  })
}
