import { pause } from '@mirage/kit/clock.ts'
import { silentLog } from '@mirage/kit/log.ts'
import type { LeasedTask } from '@mirage/services/scan-orchestration/contract.ts'
import { expect, it } from 'vitest'
import { work } from './worker.ts'

const lease = { run: 'run_1', task: 7, attempt: 2, module: 'crtsh', workspace: 'default', entities: [] }

it('takes its leave when it stops, and gives back the tasks that it is answered then', async () => {
  const stop = new AbortController()
  const returned: unknown[] = []
  const left = Promise.withResolvers<void>()
  const working = work({
    scans: {
      async leaseTasks(_request: object, { signal }: { signal: AbortSignal }) {
        stop.abort(new Error('the service stops'))
        // The tasks have been given out by now; their answer comes late.
        await left.promise
        await pause(200)
        signal.throwIfAborted()
        return { tasks: [lease as unknown as LeasedTask] } // what is not there is not looked at
      },
      async returnTasks({ tasks, leaves }: { tasks: object[]; leaves?: boolean }) {
        if (leaves) left.resolve()
        returned.push(...tasks)
        return {}
      },
    } as never, // all that a worker without work calls
    modules: new Map(),
    sessions: {} as never, // nothing is begun
    tasks: 10,
    tasksPerModule: 10,
    dataDirectory: '/data',
    attempt: { registry: {} as never, announce: async () => undefined, now: () => 0, log: silentLog },
    log: silentLog,
    signal: stop.signal,
  })
  await working
  expect(returned).toEqual([{ run: 'run_1', task: 7, attempt: 2, failed: false, requests: 0, queries: 0 }])
})
