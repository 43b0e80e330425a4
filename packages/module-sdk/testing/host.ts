import { join } from 'node:path'
import { entityRef } from '@mirage/model/entity.ts'
import { jail } from '../outside/jail.ts'
import { startModuleProcess } from '../outside/process.ts'

/** A host to be killed: gives the module of the folder it is started with a task, says so, and waits. */
const folder = process.argv[2]!
const child = startModuleProcess(folder, jail())
child.listen(() => {
  child.say({ kind: 'task', task: { run: 'run_1', entities: [entityRef('domain', 'northwind.example')] } })
  process.stdout.write('given')
})
child.say({ kind: 'load', file: join(folder, 'module.ts') })
