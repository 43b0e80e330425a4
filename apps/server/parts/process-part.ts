import { messageOf, MirageError } from '@mirage/kit/errors.ts'
import { type ServerOptions, startMirage } from '../start.ts'
import type { FromProcess } from './child.ts'

/** Runs services in this process until its supervisor says stop, or is gone, or somebody ends this process alone. */
export async function runProcess(options: ServerOptions): Promise<void> {
  try {
    const server = await startMirage(options)
    let stopping = false
    const stop = async (): Promise<void> => {
      if (stopping) return
      stopping = true
      await server[Symbol.asyncDispose]()
      process.exit()
    }
    process.removeAllListeners('disconnect')
    process.on('disconnect', () => void stop())
    process.on('SIGTERM', () => void stop())
    process.on('message', (message) => {
      if (message === 'stop') void stop()
    })
    tell({ ready: true, ...(server.url === undefined ? {} : { url: server.url }) })
  } catch (error) {
    tell({ failed: messageOf(error), code: error instanceof MirageError ? error.code : 'service.not_started' })
    process.disconnect()
    process.exitCode = 1
  }
}

function tell(message: FromProcess): void {
  process.send!(message)
}
