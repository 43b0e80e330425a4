import { pause } from '@mirage/kit/clock.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import { type Api, everyItem } from '../api.ts'
import type { Cli } from '../cli.ts'
import { exitCodes, type Interrupted } from '../exit.ts'
import { othersPresent } from './presence.ts'

/** What the process of a command owes to others whose host it became. */

/** How long a command that only reads may keep the host of another from leaving, milliseconds. */
const readersMs = 5000

/**
 * Resolves when the host of this process, where it has one, carries no run any more, and nobody is in the middle of
 * reading from it. Rejects with an interrupt's reason.
 */
export async function stayForOthers(cli: Cli): Promise<void> {
  const { host, api } = await cli.connect()
  if (!host) return
  let toldOf = ''
  for (let readers = 0; readers < readersMs;) {
    const carried = (await runsUnderWay(api)).join(', ')
    if (carried !== '') {
      if (carried !== toldOf)
        cli.people.complain(`This process stays: it carries ${carried} for other commands. Ctrl-C stops them too.`)
      toldOf = carried
      await Promise.race([host.idle(), aborted(cli.signal)])
      continue
    }
    if (othersPresent(cli.environment.dataDirectory).length === 0) return
    await pause(100, cli.signal)
    readers += 100
  }
}

/** Pauses the runs that other commands started in this process's host, and says how they go on. */
export async function stopForOthers(cli: Cli): Promise<void> {
  const { host, lastCalls } = await cli.connect()
  if (!host) return
  const isSilent = (cli.signal.reason as Interrupted).exitCode === exitCodes.done
  try {
    for (const run of await inTime(runsUnderWay(lastCalls), cli.timeLeft())) {
      if (cli.followed.has(run)) continue
      await inTime(lastCalls.scans.pauseRun({ run }), cli.timeLeft())
      if (!isSilent)
        cli.people.complain(
          `This process also carried ${run} of another command; it is paused too.`,
          `Go on with: ${cli.environment.program} resume ${run}`,
        )
    }
  } catch (error) {
    cli.people.complain(
      `Other commands may have had runs in this process; “mirage runs” shows them (${messageOf(error)}).`,
    )
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
    throw new Error(`no answer within ${(ms / 1000).toFixed(1)} s`)
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
