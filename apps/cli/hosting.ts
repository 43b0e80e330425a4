import { pause } from '@mirage/kit/clock.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import { type Api, everyItem } from './api.ts'
import type { Cli } from './cli.ts'
import { exitCodes, type Interrupted } from './exit.ts'

/** What the process of a command owes to others whose host it became. */

/** Resolves when the host of this process, where it has one, carries no run any more. Rejects with an interrupt's reason. */
export async function stayForOthers(cli: Cli): Promise<void> {
  const { host, api } = await cli.connect()
  if (!host) return
  const carried = await runsUnderWay(api)
  if (carried.length === 0) return
  cli.people.complain(`This process stays: it carries ${carried.join(', ')} for other commands. Ctrl-C stops them too.`)
  await Promise.race([host.idle(), aborted(cli.signal)])
}

/** Pauses the runs that other commands started in this process's host, and says how they go on. */
export async function stopForOthers(cli: Cli): Promise<void> {
  const { host, lastCalls } = await cli.connect()
  if (!host) return
  const isSilent = (cli.signal.reason as Interrupted).exitCode === exitCodes.done
  try {
    for (const run of await inTime(runsUnderWay(lastCalls), 400)) {
      await inTime(lastCalls.scans.pauseRun({ run }), 400)
      if (!isSilent)
        cli.people.complain(
          `This process also carried ${run} of another command; it is paused too.`,
          `Go on with: ${cli.environment.program} resume ${run}`,
        )
    }
  } catch (error) {
    cli.people.complain(`Other commands may have had runs in this process; “runs” shows them (${messageOf(error)}).`)
  }
}

/** The runs that are queued or running, whoever started them. */
export async function runsUnderWay(api: Api): Promise<string[]> {
  const carried: string[] = []
  for await (const { run, status } of everyItem((page) => api.scans.listRuns(page)))
    if (status === 'running' || status === 'queued') carried.push(run)
  return carried
}

/** The result, when it comes within `ms`. Throws otherwise: what is awaited goes on by itself. */
export async function inTime<T>(result: Promise<T>, ms: number): Promise<T> {
  const stop = new AbortController()
  const late = pause(ms, stop.signal).then(() => {
    throw new Error(`no answer within ${ms} ms`)
  })
  late.catch(() => undefined) // also rejects, unheard, after the result came first
  try {
    return await Promise.race([result, late])
  } finally {
    stop.abort()
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}
