import type { OutgoingEvent } from '@mirage/kit/event.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { compileScope } from '@mirage/model/scope.ts'
import { defineModule } from '@mirage/module-sdk/define.ts'
import { observe } from '@mirage/module-sdk/observe.ts'
import type { TaskOptions } from '@mirage/network/task.ts'
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
    if (answer !== undefined) yield observe('domain', `alive.${entity.value}`)
    // A whole batch, which would leave at once.
    else for (let i = 0; i < 500; i++) yield observe('domain', `dead-${i}.${entity.value}`)
  },
})

/** What an attempt announces while `resolve` stands for the network. */
async function attempt(
  session: { isOver?: boolean; isCut?: boolean; trouble?: Error },
  resolve: (spend: TaskOptions['spend']) => Promise<object>,
  budget: { queries?: number; mayGrow?: boolean } = {},
): Promise<{ hasEnded: boolean; events: OutgoingEvent[]; thrown?: unknown }> {
  const events: OutgoingEvent[] = []
  const run = {
    policy: { definition: { seeds: [seed] } },
    scope: compileScope({ seeds: [seed] }),
    dialMap: undefined,
    session: {
      task: ({ spend }: TaskOptions) => ({
        unanswered: new Set<string>(),
        dns: { resolve: () => resolve(spend) },
        get trouble() {
          return session.trouble
        },
        async [Symbol.asyncDispose]() {},
      }),
      isCut: () => session.isCut ?? false,
      isOver: () => session.isOver ?? false,
      async [Symbol.asyncDispose]() {},
    },
  } as unknown as RunSession // all that an attempt looks at
  const task = { run: 'run_1', task: 1, attempt: 1, module: careless.id, workspace: 'default', entities: [seed] }
  const running = runAttempt({ ...task, ...budget } as unknown as LeasedTask, {
    entry: { ...careless, load: async () => careless },
    run,
    registry: {} as never, // a module without key or settings asks it nothing
    announce: async (announced) => void events.push(...announced),
    now: () => 0,
    log: silentLog,
    signal: new AbortController().signal,
    sent: () => undefined,
  })
  try {
    return { hasEnded: await running, events }
  } catch (thrown) {
    return { hasEnded: false, events, thrown }
  }
}

describe('an attempt', () => {
  it('announces what was found and its end', async () => {
    const { hasEnded, events } = await attempt({}, async () => ({ records: [] }))
    expect(hasEnded).toBe(true)
    expect(JSON.stringify(events)).toContain('alive.northwind.example')
  })

  it('announces nothing once its run was stopped, whatever the module makes of that', async () => {
    const session: Parameters<typeof attempt>[0] = {}
    const { hasEnded, events } = await attempt(session, async () => {
      session.isOver = true
      throw new Error('The lane was closed.')
    })
    expect({ hasEnded, events }).toEqual({ hasEnded: false, events: [] })
  })
  it('announces nothing of what a module makes of a lab or a store that is away', async () => {
    const session: Parameters<typeof attempt>[0] = {}
    const cut = await attempt(session, async () => {
      session.isCut = true
      throw new Error('The lab went away.')
    })
    expect(cut).toMatchObject({ hasEnded: false, events: [], thrown: { code: 'lab.away' } })
    const full = new Error('the store is full')
    const troubled: Parameters<typeof attempt>[0] = {}
    const lost = await attempt(troubled, async () => {
      troubled.trouble = full
      throw new Error('What comes back cannot be recorded.')
    })
    expect(lost).toEqual({ hasEnded: false, events: [], thrown: full })
  })

  it('announces nothing of what a module makes of a budget that may still grow', async () => {
    const ask = (spend: TaskOptions['spend']): Promise<object> => {
      spend('query', 1)
      return Promise.reject(new Error('not reached'))
    }
    expect(await attempt({}, async (spend) => ask(spend), { queries: 0, mayGrow: true })).toEqual({
      hasEnded: false,
      events: [],
    })
  })
})
