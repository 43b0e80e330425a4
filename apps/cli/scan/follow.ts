import { fstatSync } from 'node:fs'
import { messageOf } from '@mirage/kit/errors.ts'
import { type FindingState, isAtLeast, type Severity } from '@mirage/model/finding.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { exitCodes, Failure, Interrupted } from '../exit.ts'
import { inTime } from '../host/hosting.ts'
import { openLive } from '../live/live.ts'
import { findingLine } from '../output/finding-line.ts'
import { beginFolder, finishFolder } from '../output/folder.ts'
import { fileOutput } from '../output/output.ts'
import { type ResultFormat, type ResultWriter, writeResults } from '../output/results.ts'
import { summaryLines } from './summary.ts'
import { tellOfWaiting } from './waiting.ts'
import { type Watcher, watchRun } from './watch.ts'

/** How a run is shown and where its results go. */
export interface FollowOptions {
  /** Absent: columns with tabs where nobody looks, the live display where somebody does. */
  format?: ResultFormat
  /** Results go to this file instead of standard output. */
  file?: string
  /** All files of the run go there. */
  folder?: string
  failOn?: Severity
}

/** Follows a run until it has ended, and answers the exit code. An interrupt pauses the run, which keeps everything. */
export async function followRun(cli: Cli, run: Run, options: FollowOptions): Promise<number> {
  const { api, lastCalls } = await cli.connect()
  const { people } = cli
  const { isLive, format } = displayOf(cli, options)
  const findings: Finding[] = []
  cli.followed.add(run.run)
  let ended: Run | undefined

  async function watch(results: ResultWriter | undefined): Promise<Run> {
    using live = isLive ? openLive(cli.stderr, people, run) : undefined
    const keep: Watcher = {
      finding(finding) {
        findings.push(finding)
        if (!live) people.say(findingLine(finding, people.style, people.columns()))
      },
    }
    const watchers = [
      keep,
      tellOfWaiting(people, api, run.run),
      ...(live ? [live.watcher] : []),
      ...(results ? [results.watcher] : []),
    ]
    cli.signal.addEventListener('abort', () => live?.stopping(), { once: true })
    return await watchRun(api, run.run, together(watchers), cli.signal)
  }

  try {
    const output = options.file === undefined ? cli.results : await fileOutput(options.file, cli)
    const results = format && writeResults(format, output, api, run.run)
    await results?.begin(run)
    if (options.folder !== undefined) await beginFolder(options.folder, api, run, cli)
    ended = await watch(results)
    await results?.finish(ended)
    if (options.file !== undefined) await output.end()
    if (options.folder !== undefined) await finishFolder(options.folder, api, ended, cli)
  } catch (error) {
    const reason: unknown = cli.signal.aborted ? cli.signal.reason : error
    if (reason instanceof Interrupted) {
      await keepForLater(cli, lastCalls, run.run, ended !== undefined)
      throw error
    }
    const { program } = cli.environment
    const onwards = ended
      ? `The run has ended, and its results are kept: ${program} show ${run.run}`
      : `What was found is kept. Go on with: ${program} resume ${run.run}`
    throw new Failure(`${messageOf(reason)}\n${onwards}`, { cause: error })
  }
  const columns = people.columns()
  people.say(
    ...summaryLines(ended, findings, {
      style: people.style,
      program: cli.environment.program,
      ...(columns === undefined ? {} : { columns }),
    }),
  )
  people.say(...remark(ended, cli.environment.program))
  return exitCodeOf(ended, findings, options.failOn)
}

/**
 * The live display needs a terminal of its own: it is left out where results are written to the same one, or to a pipe
 * whose reader may write there.
 */
function displayOf(cli: Cli, { format, file }: FollowOptions): { isLive: boolean; format?: ResultFormat } {
  const isApart = file !== undefined || isFile(cli.stdout)
  const isAlone = cli.stdout.isTTY === true && format === undefined
  const isLive = cli.people.canDraw() && cli.environment.ansi && (isApart || isAlone)
  return isLive && !isApart ? { isLive } : { isLive, format: format ?? { as: 'lines' } }
}

function isFile(stream: { fd?: number }): boolean {
  return stream.fd !== undefined && fstatSync(stream.fd).isFile()
}

/** One watcher that tells all of them, one after the other. */
function together(watchers: Watcher[]): Watcher {
  const wantsEntities = watchers.some(({ entity }) => entity !== undefined)
  return {
    ...(wantsEntities
      ? {
          async entity(entity) {
            for (const watcher of watchers) await watcher.entity?.(entity)
          },
        }
      : {}),
    async task(task) {
      for (const watcher of watchers) await watcher.task?.(task)
    },
    async progress(run, lanes) {
      for (const watcher of watchers) await watcher.progress?.(run, lanes)
    },
    async finding(finding) {
      for (const watcher of watchers) await watcher.finding?.(finding)
    },
  }
}

/** Pauses the run within the time there is, and says how to go on. A reader that left, as `head` does, is told nothing. */
async function keepForLater(cli: Cli, api: Api, run: string, isOver: boolean): Promise<void> {
  const { people, environment, signal } = cli
  const isSilent = (signal.reason as Interrupted).exitCode === exitCodes.done
  if (isOver) {
    if (!isSilent) people.complain(`The run had ended; its results are kept: ${environment.program} show ${run}`)
    return
  }
  let trouble = ''
  try {
    await inTime(api.scans.pauseRun({ run }), cli.timeLeft() - 300)
  } catch (error) {
    trouble = ` (it could not be paused in order: ${messageOf(error)})`
  }
  if (!isSilent)
    people.complain(`Stopped; what was found is kept${trouble}.`, `Go on with: ${environment.program} resume ${run}`)
}

/** What is to be said of a run that somebody else ended or paused. */
function remark({ run, status }: Run, program: string): string[] {
  if (status === 'paused') return [`It was paused by another command. Go on with: ${program} resume ${run}`]
  return []
}

/** What somebody has dismissed or accepted fails no build: that is what people say so for. */
const settled = new Set<FindingState>(['dismissed', 'accepted', 'resolved'])

function exitCodeOf({ status }: Run, findings: Finding[], failOn: Severity | undefined): number {
  if (status !== 'finished') return exitCodes.failed
  const isFailing =
    failOn !== undefined && findings.some(({ severity, state }) => isAtLeast(severity, failOn) && !settled.has(state))
  return isFailing ? exitCodes.findings : exitCodes.done
}
