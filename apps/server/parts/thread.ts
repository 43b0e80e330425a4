import { enableCompileCache } from 'node:module'
import { workerData } from 'node:worker_threads'
import type { ThreadOptions } from './threads.ts'

/** Where a thread begins. A thread does not share the compiled code that its process keeps until it asks for it itself. */
const { compileCache } = workerData as ThreadOptions
if (compileCache !== undefined) enableCompileCache(compileCache)
await import('./thread-part.ts')
