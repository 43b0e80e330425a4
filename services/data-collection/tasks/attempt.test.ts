import type { OutgoingEvent } from '@mirage/kit/event.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { compileScope } from '@mirage/model/scope.ts'
import { defineModule } from '@mirage/module-sdk/define.ts'
import { observe } from '@mirage/module-sdk/observe.ts'
import type { LeasedTask } from '@mirage/services/scan-orchestration/contract.ts'
import { describe, expect, it } from 'vitest'
import type { RunSession } from '../sessions.ts'
import { runAttempt } from './attempt.ts'

const seed = entityRef('domain', 'northwind.example')

/** Asks once, takes whatever goes wrong for nothing, and goes on. */
const careless = defineModule({
  id: 'careless',
  version: 1,
  title: 'Careless',
  summary: 'Takes a failure for an answer',
  homepage: 'https://source.example',
  consumes: [{ type: 'domain' }],
  produces: ['domain'],
  contact: 'relayed',
  useCases: ['footprint'],
  sample: 'northwind.example',
  async *run({ entity, dns }) {
    const answer = await dns.resolve(entity.value, 'A').catch(() => undefined)
    yield observe('domain', answer === undefined ? `dead.${entity.value}` : `alive.${entity.value}`)
  },
})

/** What an attempt announces while `resolve` stands for the network. */
async function attempt(
  session: { isOver: boolean },
  resolve: () => Promise<object>,
): Promise<{ hasEnded: boolean; events: OutgoingEvent[] }> {
  const events: OutgoingEvent[] = []
  const run = {
    policy: { definition: { seeds: [seed] } },
    scope: compileScope({ seeds: [seed] }),
    dialMap: undefined,
    session: {
      task: () => ({ dns: { resolve }, async [Symbol.asyncDispose]() {} }),
      isCut: () => false,
      isOver: () => session.isOver,
      async [Symbol.asyncDispose]() {},
    },
  } as unknown as RunSession // all that an attempt looks at
  const task = { run: 'run_1', task: 1, attempt: 1, module: careless.id, workspace: 'default', entities: [seed] }
  const hasEnded = await runAttempt(task as unknown as LeasedTask, {
    entry: { ...careless, load: async () => careless },
    run,
    registry: {} as never, // a module without key or settings asks it nothing
    announce: async (announced) => void events.push(...announced),
    now: () => 0,
    log: silentLog,
    signal: new AbortController().signal,
    sent: () => undefined,
  })
  return { hasEnded, events }
}

describe('an attempt', () => {
  it('announces what was found and its end', async () => {
    const { hasEnded, events } = await attempt({ isOver: false }, async () => ({ records: [] }))
    expect(hasEnded).toBe(true)
    expect(JSON.stringify(events)).toContain('alive.northwind.example')
  })

  it('announces nothing once its run was stopped, whatever the module makes of that', async () => {
    const session = { isOver: false }
    const { hasEnded, events } = await attempt(session, async () => {
      session.isOver = true
      throw new Error('The lane was closed.')
    })
    expect({ hasEnded, events }).toEqual({ hasEnded: false, events: [] })
  })
})
