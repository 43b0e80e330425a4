import type { Readable, Writable } from 'node:stream'
import type { Api } from './api.ts'
import type { Environment } from './environment.ts'
import type { OwnHost } from './host/connect.ts'
import type { Output } from './output/output.ts'
import type { Style } from './output/style.ts'
import type { People } from './people.ts'

export type InputStream = Readable & { isTTY?: boolean; setRawMode?(raw: boolean): unknown }

export type OutputStream = Writable & { isTTY?: boolean; columns?: number; rows?: number; fd?: number }

/** What a command talks to. */
export interface Session {
  /** Its calls end with the command: at Ctrl-C at once. */
  api: Api
  /** Also after Ctrl-C: for what must still be done then. */
  lastCalls: Api
  /** The host in this process, where no other one was there. */
  host?: OwnHost
}

/** What every sub-command is given. */
export interface Cli {
  environment: Environment
  stdin: InputStream
  stdout: OutputStream
  stderr: OutputStream
  /** Results, on standard output. */
  results: Output
  /** Colours for standard output. */
  style: Style
  /** Everything else, on standard error. */
  people: People
  /** Aborts with an `Interrupted` when the command is to end at once. */
  signal: AbortSignal
  /** The one connection of this command, opened on first use and closed when the command ends. */
  connect(): Promise<Session>
  /** The runs that this command follows: it pauses them itself when it is interrupted. */
  followed: Set<string>
  /** How long an interrupted command may still take, milliseconds: it is to be gone within two seconds. */
  timeLeft(): number
  /** What is to be done when the command ends, while its connection is still there. */
  atEnd: AsyncDisposableStack
  /** Says how the command ends, where that is not 0. */
  exitWith(code: number): void
}
