import { isEngineFailure } from './dns/engine-failure.ts'
import { NetworkError } from './error.ts'
import { type LookUps, NotRecorded } from './look-ups.ts'
import type { NetworkOptions } from './session.ts'

/** What tasks share, telling one of them of what fails: it cannot be told by what its module makes of it. */

/** The same network, whose recorder tells of every failure of its own. */
export function withRecorder(network: NetworkOptions, fail: (error: unknown) => never): NetworkOptions {
  const { recorder } = network
  return {
    ...network,
    recorder: {
      ...recorder,
      recall: (key) => recorder.recall(key).catch(fail),
      record: (exchange) => recorder.record(exchange).catch(fail),
      page: (named) => recorder.page(named).catch(fail),
      ...(recorder.cached && { cached: (wanted) => recorder.cached!(wanted).catch(fail) }),
      recallFrames: (key) => recorder.recallFrames(key).catch(fail),
      recordFrame: (frame) => recorder.recordFrame(frame).catch(fail),
    },
  }
}

/** The same look-ups of the run, telling this task too when they cannot be made or recorded. */
export function withFailure(
  { resolveHost, earlier }: LookUps,
  fail: (error: unknown) => never,
  noAnswer: (name: string) => void,
): LookUps {
  function tell(error: unknown): never {
    if (error instanceof NotRecorded) fail(error.cause)
    if (isEngineFailure(error)) fail(error)
    throw error
  }
  return {
    resolveHost: (policy, name, contact, signal) =>
      resolveHost(policy, name, contact, signal).catch((error: unknown) => {
        if (error instanceof NetworkError && error.outcome === 'unreachable') noAnswer(name)
        return tell(error)
      }),
    earlier: () => earlier().catch(tell),
  }
}
