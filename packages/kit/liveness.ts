import { get } from 'node:http'

/** Whether who listens at this Unix socket answers that it lives, within `ms`. False too where nobody listens. */
export function isLive(socketPath: string, ms: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const question = get(
    { socketPath, path: '/health/live', agent: false, signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]) },
    (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    },
  )
  question.once('error', () => resolve(false))
  return promise
}
