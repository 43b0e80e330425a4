import { enableCompileCache } from 'node:module'
import type { ProcessOptions } from './child.ts'

/**
 * Where a process of “serve --split” begins. It is told by its supervisor what to run, and when to stop: a Ctrl-C at the
 * terminal reaches both, and only one of them knows the order.
 */
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
// Without its supervisor nobody would ever stop it.
process.once('disconnect', () => process.exit())
process.once('message', (options: ProcessOptions) => void begin(options))

async function begin({ server, compileCache }: ProcessOptions): Promise<void> {
  if (compileCache !== undefined) enableCompileCache(compileCache)
  const { runProcess } = await import('./process-part.ts')
  await runProcess(server)
}
