import { misfits } from '@mirage/kit/schema.ts'
import { type EntityRef, type EntityType, entityRef } from '@mirage/model/entity.ts'
import { Observation } from '@mirage/model/observation.ts'
import { normalise } from '@mirage/model/registry.ts'
import type { AnyModule } from '@mirage/module-sdk/define.ts'
import { findingLineOf, lineOf } from '@mirage/module-sdk/notation.ts'
import { type Ended, runModule } from '@mirage/module-sdk/run.ts'
import type { Session } from '@mirage/network/session.ts'
import { testTask } from '@mirage/network/testing/session.ts'
import { expect } from 'vitest'

export interface Observed {
  /** In the notation of the SDK, sorted. */
  lines: string[]
  findings: string[]
  end: Ended
}

/** Everything a module says of these entities (`type:value`) over the real network of a session. */
export async function observed(
  module: AnyModule,
  session: Session,
  given: string | string[],
  settings: Record<string, unknown> = {},
): Promise<Observed> {
  const entities = [given].flat().map(entityOf)
  const signal = new AbortController().signal
  await using task = testTask(session, { module: module.id, contact: module.contact, task: module.id })
  const lines: string[] = []
  const findings: string[] = []
  const now = 0
  for await (const item of runModule(module, { run: 'run_test', entities, settings }, task, { signal, now: () => now }))
    if (item.kind === 'end') return { lines: lines.sort(), findings: findings.sort(), end: item }
    else if (item.kind === 'finding') findings.push(findingLineOf(item.finding))
    else {
      expect(misfits(Observation, item.observation)).toEqual([])
      lines.push(lineOf(item.observation, entities.length === 1 ? entities[0] : undefined, now))
    }
  throw new Error('The run ended without an end.')
}

function entityOf(text: string): EntityRef {
  const at = text.indexOf(':')
  // What stands before the colon is a type: `normalise` answers undefined where it is none.
  const type = text.slice(0, at) as EntityType
  const value = normalise(type, text.slice(at + 1))
  if (value === undefined) throw new Error(`“${text}” is no entity; write type:value.`)
  return entityRef(type, value)
}
