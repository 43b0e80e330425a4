import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { MirageError, messageOf } from '@mirage/kit/errors.ts'
import { detect } from '@mirage/model/detect.ts'
import type { Cli, InputStream, OutputStream } from './cli.ts'
import type { Environment } from './environment.ts'
import { exitCodes, Failure, Interrupted, UsageError } from './exit.ts'
import { connect, type Connection } from './host/connect.ts'
import { inTime, stayForOthers, stopForOthers } from './host/hosting.ts'
import { bareValues } from './options.ts'
import { streamOutput, unwritable } from './output/output.ts'
import { printable } from './output/printable.ts'
import { styleOf } from './output/style.ts'
import { openPeople, type People } from './people.ts'
import { createProgram } from './program.ts'

export interface Surroundings {
  environment: Environment
  version: string
  stdin: InputStream
  stdout: OutputStream
  stderr: OutputStream
  /** Aborts with an `Interrupted` when a signal came. */
  signal: AbortSignal
}

/** Runs one command line to its end and answers the exit code. Nothing it opened stays open. */
export async function runCli(argv: string[], surroundings: Surroundings): Promise<number> {
  const { environment, stdin, stdout, stderr, version } = surroundings
  const leaving = new AbortController()
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    leaving.abort(error.code === 'EPIPE' ? new Interrupted('EPIPE') : unwritable('Standard output', error))
  })
  const people = openPeople(stderr, styleOf(environment.color ?? stderr.isTTY === true), environment.program)
  let connection: Promise<Connection> | undefined
  let code: number = exitCodes.done
  let interruptedAt = 0
  const cli: Cli = {
    environment,
    stdin,
    stdout,
    stderr,
    results: streamOutput(stdout, 'Standard output'),
    style: styleOf(environment.color ?? stdout.isTTY === true),
    people,
    signal: AbortSignal.any([surroundings.signal, leaving.signal]),
    async connect() {
      const { api, apiUntil, host } = await (connection ??= connect(environment))
      return { api: apiUntil(cli.signal), lastCalls: api, ...(host ? { host } : {}) }
    },
    followed: new Set(),
    timeLeft: () => Math.max(0, interruptedAt + lastStepsMs - performance.now()),
    atEnd: new AsyncDisposableStack(),
    exitWith: (given) => (code = given),
  }
  cli.signal.addEventListener('abort', () => (interruptedAt = performance.now()), { once: true })

  async function work(): Promise<void> {
    await createProgram(cli, version).parseAsync(bareValues(argv), { from: 'user' })
    if (connection) await stayForOthers(cli)
    await cli.results.end()
  }

  /** Closes what is open; after an interrupt other commands' runs are stopped in order first. */
  async function close(): Promise<void> {
    const opened = await connection?.catch(() => undefined) // that it could not be opened was said where it was needed
    if (opened && cli.signal.reason instanceof Interrupted) await stopForOthers(cli)
    await cli.atEnd.disposeAsync()
    await opened?.[Symbol.asyncDispose]()
  }

  try {
    await Promise.race([work(), longAfter(cli.signal)])
  } catch (error) {
    // A reader that left, and a signal, show as all kinds of errors further down: what counts is why.
    const why: unknown = cli.signal.aborted ? cli.signal.reason : error
    const reason = error instanceof Failure && !(why instanceof Interrupted) ? error : why
    code = reason instanceof Interrupted ? reason.exitCode : explain(reason, people, argv, environment)
  }
  if (cli.signal.aborted) await inTime(close(), Math.min(closeMs, cli.timeLeft())).catch(() => undefined)
  else await close()
  return code
}

/** How long the last steps of an interrupted command may take, all together, milliseconds. */
const lastStepsMs = 1500

/**
 * How long of it closing may take. A host that is not closed in order loses nothing: everything it has said is durable,
 * and its lock ends with the process.
 */
const closeMs = 600

/** Rejects some time after the signal, for commands that do not end by themselves. */
function longAfter(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const leave = (): void => void setTimeout(() => reject(signal.reason as Error), lastStepsMs).unref()
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}

/** Says what went wrong, and answers the exit code that stands for it. */
function explain(error: unknown, people: People, argv: string[], environment: Environment): number {
  if (error instanceof CommanderError) return explainUsage(error, people, argv)
  if (environment.debug) people.complain(inspect(error))
  if (error instanceof UsageError) {
    people.complain(...linesOf(error.message))
    return exitCodes.usage
  }
  if (error instanceof Failure) {
    people.complain(...linesOf(error.message))
    return exitCodes.failed
  }
  if (error instanceof MirageError) {
    people.complain(...linesOf(error.detail))
    return isMistake(error) ? exitCodes.usage : exitCodes.failed
  }
  people.complain(
    ...linesOf(`Something went wrong inside: ${messageOf(error)}`),
    'MIRAGE_DEBUG=1 shows where. The log of the host is logs/mirage.ndjson in the data directory.',
  )
  return exitCodes.failed
}

/** What is said may repeat what a file, a page or a person wrote. */
function linesOf(text: string): string[] {
  return text.split('\n').map(printable)
}

/** What was asked, or set, is wrong or not there: another command line or another setting is needed. */
function isMistake({ status, code }: MirageError): boolean {
  return status === 400 || status === 404 || status === 422 || code === 'settings.invalid'
}

/** commander has said what is wrong; help and the version are no mistakes. */
function explainUsage({ code, exitCode }: CommanderError, people: People, argv: string[]): number {
  if (exitCode === 0) return exitCodes.done
  const [word = '', ...more] = argv
  if (code === 'commander.help' && word === 'help' && more.length > 0)
    people.complain(`There is no command “${more.join(' ')}”.`)
  const [reading] = code === 'commander.unknownCommand' ? detect(word) : []
  if (reading && !['keyword', 'username'].includes(reading.type)) people.complain(`To scan it: mirage scan ${word}`)
  return exitCodes.usage
}
