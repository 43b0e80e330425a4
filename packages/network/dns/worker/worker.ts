import { parentPort } from 'node:worker_threads'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { WorkerLane } from './lane.ts'
import { SharedRates } from './rate.ts'

/** The thread of the DNS engine. */

const port = parentPort
if (port === null) throw new Error('worker.ts is the entry of a worker thread')

const lanes = new Map<number, WorkerLane>()
const rates = new SharedRates()

function tell(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port!.postMessage(message, transfer)
}

function handle(message: ToWorker): void {
  const { lane: id } = message
  switch (message.kind) {
    case 'open':
      lanes.set(
        id,
        new WorkerLane(
          message.options,
          rates,
          () => performance.now(),
          (stream, count, block) => tell({ kind: 'answers', lane: id, stream, count, block }, [block.buffer]),
        ),
      )
      return
    case 'ask':
      lanes.get(id)?.ask(message.stream, message.count, message.block)
      return
    case 'cancel':
      lanes.get(id)?.cancel(message.stream)
      return
    case 'pause':
      lanes.get(id)?.pause()
      return
    case 'resume':
      lanes.get(id)?.resume()
      return
    case 'stats': {
      const stats = lanes.get(id)?.stats()
      if (stats !== undefined) tell({ kind: 'stats', lane: id, call: message.call, stats })
      return
    }
    case 'close':
      lanes.get(id)?.close()
      lanes.delete(id)
      tell({ kind: 'closed', lane: id, call: message.call })
  }
}

port.on('message', handle)
