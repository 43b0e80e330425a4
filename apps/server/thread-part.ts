import { parentPort, workerData } from 'node:worker_threads'
import { join } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import { openLog } from '@mirage/kit/log.ts'
import type { Service } from '@mirage/kit/service.ts'
import { socketOf, startPart } from './part.ts'
import type { ThreadOptions } from './threads.ts'

/** What may run in a thread, loaded there and nowhere else: the whole catalogue would cost each 45 MB and half a second. */
const loaders: Record<string, () => Promise<unknown>> = {
  'data-storage': async () => (await import('@mirage/services/data-storage/service.ts')).dataStorage,
  'correlation-engine': async () => (await import('@mirage/services/correlation-engine/service.ts')).correlationEngine,
}

/** A thread of an installation: starts its services, says so, and stops when it is told. */
const options = workerData as ThreadOptions
const log = openLog({ file: join(options.installation.dataDirectory, 'logs', 'mirage.ndjson') })

try {
  const services = await Promise.all(options.services.map((name) => loaders[name]!()))
  const part = await startPart(options, {
    // Each with its own contract, settings and needs; the host gives each what it names.
    services: services as Service[],
    contracts: [],
    log,
    addressOf: (service) => ({ socket: socketOf(options, service) }),
  })
  parentPort!.on('message', (message) => {
    if (message === 'stop') void stop()
  })
  parentPort!.postMessage({ ready: true })

  async function stop(): Promise<void> {
    await part[Symbol.asyncDispose]()
    parentPort!.close()
  }
} catch (error) {
  log.error('A thread did not start', { services: options.services, error })
  parentPort!.postMessage({ failed: messageOf(error) })
  parentPort!.close()
}
