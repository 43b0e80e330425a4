import { MirageError } from '@mirage/kit/errors.ts'
import { type EntityRef, entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { normalise } from '@mirage/model/registry.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import type { RunDefinition } from '../contract.ts'

/** Seeds travel as if a module had seen them: without a source, in batches of task 0. */
export const seedModule = 'seed'

const perBatch = 500

/** The canonical seeds of a definition, each once. Throws `runs.definition_invalid`, naming the first that is none. */
export function seedsOf(definition: RunDefinition): EntityRef[] {
  const seeds = new Map<string, EntityRef>()
  for (const { type, value } of definition.seeds) {
    const canonical = normalise(type, value)
    if (canonical === undefined)
      throw new MirageError({ code: 'runs.definition_invalid', status: 422, detail: `“${value}” is not a ${type}.` })
    const seed = entityRef(type, canonical)
    seeds.set(seed.id, seed)
  }
  return [...seeds.values()]
}

/** The seeds of a run as batches of observations. The same run gives the same batches. */
export function seedBatches(run: string, seeds: EntityRef[], at: number): ObservationBatch[] {
  const batches: ObservationBatch[] = []
  for (let from = 0; from < seeds.length; from += perBatch)
    batches.push({
      run,
      task: 0,
      attempt: 1,
      index: batches.length,
      module: seedModule,
      moduleVersion: 1,
      observations: seeds.slice(from, from + perBatch).map((seed) => seedObservation(run, seed, at)),
      findings: [],
    })
  return batches
}

function seedObservation(run: string, entity: EntityRef, at: number): Observation {
  const id = observationId({
    run,
    module: seedModule,
    source: undefined,
    kind: '',
    direction: '',
    entity: entity.id,
    key: '',
  })
  return { id, entity, key: '', at }
}
