import { pathToFileURL } from 'node:url'
import { systemClock } from '@mirage/kit/clock.ts'
import type { AnyModule } from '../define.ts'
import { manifestOf } from '../manifest.ts'
import { collect, type Task } from '../run.ts'
import { askHost } from './asking.ts'
import type { FromChild, ToChild } from './messages.ts'
import { seal } from './seal.ts'

/** The process in which a module of somebody else runs: one task at a time, and no way out but its host. */

// Taken before the process is sealed: the module cannot speak for us.
const send = process.send!.bind(process)
const say = (message: FromChild): void => void send(message)
const asking = askHost(say)
let module: AnyModule | undefined

process.on('disconnect', () => process.exit())
// Meant for all of an installation, as by a service manager: its host knows when this one is to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
process.on('message', (message: ToChild) => {
  if (message.kind === 'answer') asking.answered(message)
  else if (message.kind === 'load') void load(message.file)
  else void run(message.task)
})
seal()

async function load(file: string): Promise<void> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { module?: AnyModule }
    if (typeof loaded.module !== 'object') throw new TypeError('it exports no “module”')
    module = loaded.module
    say({ kind: 'loaded', manifest: JSON.parse(JSON.stringify(manifestOf(module))) })
  } catch (error) {
    say({ kind: 'unloadable', reason: error instanceof Error ? error.message : String(error) })
  }
}

async function run(task: Task): Promise<void> {
  const collecting = collect(module!, task, asking.transport, {
    signal: new AbortController().signal, // the host ends this process
    now: () => systemClock.now(),
    log: (message, fields) => say({ kind: 'log', message, ...(fields ? { fields } : {}) }),
  })
  for (;;) {
    const step = await collecting.next()
    if (step.done) return say({ kind: 'ended', spent: step.value })
    say({ kind: 'item', raw: step.value })
  }
}
