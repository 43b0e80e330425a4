import { CommanderError } from 'commander'
import { MirageError, messageOf } from '@mirage/kit/errors.ts'
import { detect } from '@mirage/model/detect.ts'
import type { Cli, InputStream, OutputStream } from './cli.ts'
import { connect, type Connection } from './connect.ts'
import type { Environment } from './environment.ts'
import { exitCodes, Failure, Interrupted, UsageError } from './exit.ts'
import { inTime, stayForOthers, stopForOthers } from './hosting.ts'
import { bareValues } from './options.ts'
import { streamOutput } from './output/output.ts'
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
    leaving.abort(error.code === 'EPIPE' ? new Interrupted('EPIPE') : error)
  })
  const people = openPeople(stderr, styleOf(environment.color ?? stderr.isTTY === true))
  let connection: Promise<Connection> | undefined
  let code: number = exitCodes.done
  const cli: Cli = {
    environment,
    stdin,
    stdout,
    stderr,
    results: streamOutput(stdout),
    style: styleOf(environment.color ?? stdout.isTTY === true),
    people,
    signal: AbortSignal.any([surroundings.signal, leaving.signal]),
    connect: () => (connection ??= connect(environment)),
    exitWith: (given) => (code = given),
  }
  try {
    await createProgram(cli, version).parseAsync(bareValues(argv), { from: 'user' })
    if (connection) await stayForOthers(cli, await connection)
    await cli.results.end()
  } catch (error) {
    // A reader that left, and a signal, show as all kinds of errors further down: what counts is why.
    const reason: unknown = cli.signal.aborted ? cli.signal.reason : error
    code = reason instanceof Interrupted ? reason.exitCode : explain(reason, people, argv, environment)
    if (connection && reason instanceof Interrupted) await stopForOthers(cli, await connection)
  }
  if (cli.signal.reason instanceof Interrupted) code = cli.signal.reason.exitCode
  await close(connection, cli.signal.aborted)
  return code
}

/** How long an interrupted command waits for its host to stop in order, milliseconds. */
const stopMs = 900

async function close(connection: Promise<Connection> | undefined, isHurried: boolean): Promise<void> {
  const opened = await connection?.catch(() => undefined) // that it could not be opened was said where it was needed
  if (!opened) return
  const closed = Promise.resolve(opened[Symbol.asyncDispose]())
  if (isHurried) await inTime(closed, stopMs).catch(() => undefined)
  else await closed
}

/** Says what went wrong, and answers the exit code that stands for it. */
function explain(error: unknown, people: People, argv: string[], environment: Environment): number {
  if (error instanceof CommanderError) return explainUsage(error, people, argv)
  if (environment.debug && error instanceof Error && error.stack) people.complain(error.stack)
  if (error instanceof UsageError) {
    people.complain(...error.message.split('\n'))
    return exitCodes.usage
  }
  if (error instanceof Failure) {
    people.complain(error.message)
    return exitCodes.failed
  }
  if (error instanceof MirageError) {
    people.complain(error.detail)
    return isMistake(error) ? exitCodes.usage : exitCodes.failed
  }
  people.complain(
    `Something went wrong inside: ${messageOf(error)}`,
    'MIRAGE_DEBUG=1 shows where. The log of the host is logs/mirage.ndjson in the data directory.',
  )
  return exitCodes.failed
}

/** The service says that what was asked is wrong or not there: another command line is needed. */
function isMistake({ status }: MirageError): boolean {
  return status === 400 || status === 404 || status === 422
}

/** commander has said what is wrong; help and the version are no mistakes. */
function explainUsage({ code, exitCode }: CommanderError, people: People, argv: string[]): number {
  if (exitCode === 0) return exitCodes.done
  const [word = ''] = argv
  const [reading] = code === 'commander.unknownCommand' ? detect(word) : []
  if (reading && !['keyword', 'username'].includes(reading.type)) people.complain(`To scan it: mirage scan ${word}`)
  return exitCodes.usage
}
