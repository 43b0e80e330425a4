import { pathToFileURL } from 'node:url'
import { deserialize } from 'node:v8'
import { systemClock } from '@mirage/kit/clock.ts'
import type { AnyModule } from '../define.ts'
import { manifestOf } from '../manifest.ts'
import { collect, type Task } from '../run.ts'
import { askHost } from './asking.ts'
import type { FromChild, ToChild } from './messages.ts'
import { seal } from './seal.ts'
import { openWire } from './wire.ts'

/** The process in which a module of somebody else runs: one task at a time, and no way out but its host. */

const [, , folder = ''] = process.argv
const exit = process.exit.bind(process)
// Taken before the process is sealed: the module cannot speak for us.
const { stdin, stdout } = process
stdin.on('error', () => exit()).on('close', () => exit())
// Meant for all of an installation, as by a service manager: its host knows when this one is to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
const wire = openWire(stdin, stdout, {
  most: 0xffff_ffff,
  heard: (bytes) => hear(deserialize(bytes) as ToChild),
  broken: exit,
})
const stringify = JSON.stringify
/** Does not return before the pipe has taken it: on Linux and macOS what Node writes to one is written at once. */
const say = (message: FromChild): void => wire.say(Buffer.from(stringify(message)))
const asking = askHost(say)
let module: AnyModule | undefined

seal(folder)

function hear(message: ToChild): void {
  if (message.kind === 'answer') asking.answered(message)
  else if (message.kind === 'load') void load(message.file)
  else void run(message.task)
}

async function load(file: string): Promise<void> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { module?: AnyModule }
    if (typeof loaded.module !== 'object') throw new TypeError('it exports no “module”')
    module = loaded.module
    say({ kind: 'loaded', manifest: manifestOf(module) })
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
