import { notFound } from '@mirage/kit/errors.ts'
import type { Reason, StoredObservation } from './contract.ts'
import { viewAll } from './read.ts'
import type { EntityDocument, ObservationDocument, Store } from './store.ts'
import { viewObservation } from './view.ts'

const longestChain = 60
const observationsPerEntity = 200

/**
 * Why an entity is in a run: the shortest chain of observations from a seed to it, seed first, and the observations of
 * the entity itself.
 */
export async function explainEntity(
  store: Store,
  workspace: string,
  run: string,
  entity: EntityDocument,
): Promise<{ items: Reason[]; observations: StoredObservation[] }> {
  const cameFrom = new Map<string, { to: string; observation: ObservationDocument } | undefined>([
    [entity.id, undefined],
  ])
  let wave = [entity.id]
  let start: string | undefined
  let first: ObservationDocument | undefined
  for (let depth = 0; depth < longestChain && wave.length > 0 && start === undefined; depth++) {
    const next: string[] = []
    for (const id of wave) {
      const { items } = await store.observations.scan(workspace, {
        index: 'runEntity',
        equals: { run, entity: id },
        limit: observationsPerEntity,
      })
      for (const observation of items.sort((a, b) => a.firstSeenAt - b.firstSeenAt || (a.id < b.id ? -1 : 1))) {
        if (observation.source === undefined) {
          start = id
          first = observation
          break
        }
        if (cameFrom.has(observation.source)) continue
        cameFrom.set(observation.source, { to: id, observation })
        next.push(observation.source)
      }
      if (start !== undefined) break
    }
    wave = next
  }
  const { items } = await store.observations.scan(workspace, {
    index: 'runEntity',
    equals: { run, entity: entity.id },
    limit: observationsPerEntity,
  })
  if (items.length === 0) throw notFound('entities', `${entity.type}:${entity.value}`)
  return {
    items: await chain(store, workspace, start ?? entity.id, first, cameFrom),
    observations: items.map(viewObservation),
  }
}

async function chain(
  store: Store,
  workspace: string,
  start: string,
  first: ObservationDocument | undefined,
  cameFrom: Map<string, { to: string; observation: ObservationDocument } | undefined>,
): Promise<Reason[]> {
  const steps: { id: string; observation: ObservationDocument | undefined }[] = [{ id: start, observation: first }]
  for (let step = cameFrom.get(start); step; step = cameFrom.get(step.to))
    steps.push({ id: step.to, observation: step.observation })
  const views = await viewAll(
    store,
    workspace,
    steps.map(({ id }) => id),
  )
  return steps.flatMap(({ id, observation }) => {
    const view = views.find((one) => one.id === id)
    return view ? [{ entity: view, ...(observation ? { observation: viewObservation(observation) } : {}) }] : []
  })
}
