import { parentPort, workerData } from 'node:worker_threads'
import { join } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import { openLog } from '@mirage/kit/log.ts'
import { socketOf } from '../data-directory/socket.ts'
import { loadServices } from '../services.ts'
import { startPart } from './part.ts'
import type { ThreadOptions } from './threads.ts'

/** A thread of an installation: starts its services, says so, and stops when it is told. */
const options = workerData as ThreadOptions
const log = openLog({ file: join(options.installation.dataDirectory, 'logs', 'mirage.ndjson') })

try {
  const part = await startPart(options, {
    services: await loadServices(options.services),
    contracts: [],
    log,
    addressOf(service) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
      parentPort!.postMessage({ wanted: service })
      return { socket: socketOf(options, service) }
    },
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
