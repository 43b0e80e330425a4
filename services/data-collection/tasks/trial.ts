import type { Client } from '@mirage/kit/contract.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { newId } from '@mirage/kit/id.ts'
import { type EntityType, entityRef, entityTypes } from '@mirage/model/entity.ts'
import type { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import { normalise } from '@mirage/model/registry.ts'
import { keyOf } from '@mirage/module-sdk/define.ts'
import type { ManifestEntry } from '@mirage/module-sdk/manifest.ts'
import { runModule } from '@mirage/module-sdk/run.ts'
import type { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { openRun, type SessionsOptions } from '../sessions.ts'
import { settingsOf, unknownModule } from './attempt.ts'
import { limitsOf } from './limits.ts'
import { veiled } from './veil.ts'

export interface TrialOptions {
  modules: Map<string, ManifestEntry>
  sessions: SessionsOptions
  registry: Client<typeof moduleRegistry>
  now(): number
}

export interface Trial {
  outcome: Outcome
  reason?: string
  observations: Observation[]
  findings: ModuleFinding[]
  requests: number
}

/** Runs one module on one entity within a scope of just that entity. Nothing of it is kept. */
export async function tryModule(
  { modules, sessions, registry, now }: TrialOptions,
  workspace: string,
  input: { module: string; type: string; value: string; lab?: boolean },
  signal: AbortSignal,
): Promise<Trial> {
  const entry = modules.get(input.module)
  if (!entry) throw unknownModule(input.module)
  const type = (entityTypes as readonly string[]).includes(input.type) ? (input.type as EntityType) : undefined
  const value = type && normalise(type, input.value)
  if (!type || value === undefined)
    throw new MirageError({ code: 'entities.invalid', status: 422, detail: `“${input.value}” is not a ${input.type}.` })
  const module = await entry.load()
  const known = keyOf(module)
  const key = known && (await registry.revealKey({ name: known.key }, { workspace })).value
  const run = newId('trial')
  const definition = { seeds: [{ type, value }], ...(input.lab ? { lab: { size: 'demo', seed: 7 } } : {}) }
  const { session } = openRun(sessions, { workspace, run, generation: 1, definition, contact: 'target', distance: 0 })
  await using _closed = session
  let requests = 0
  await using transport = session.task({
    module: module.id,
    task: '0',
    attempt: 1,
    contact: module.contact,
    limits: limitsOf(module, definition, key !== undefined),
    secrets: key === undefined ? [] : [key],
    signal,
    spend: (_kind, count) => (requests += count),
  })
  const trial: Trial = { outcome: 'empty', observations: [], findings: [], requests: 0 }
  const settings = await settingsOf(module, registry, workspace)
  const task = { run, entities: [entityRef(type, value)], settings, ...(key === undefined ? {} : { key }) }
  for await (const yielded of veiled(runModule(module, task, transport, { signal, now }), key)) {
    if (yielded.kind === 'observation') trial.observations.push(yielded.observation)
    else if (yielded.kind === 'finding') trial.findings.push(yielded.finding)
    else
      Object.assign(trial, {
        outcome: yielded.outcome,
        ...(yielded.reason === undefined ? {} : { reason: yielded.reason }),
      })
  }
  if (trial.outcome === 'quota') await transport.exhausted()
  return { ...trial, requests }
}
