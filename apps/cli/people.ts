import type { Writable } from 'node:stream'
import { asCalled } from './called.ts'
import type { Style } from './output/style.ts'

/** Text for people, on standard error. Nothing a script should read. */
export interface People {
  readonly style: Style
  /** Columns of their terminal; undefined when nobody looks at one. */
  columns(): number | undefined
  /** Lines that help; `--quiet` leaves them out. */
  say(...lines: string[]): void
  /** What went wrong: never left out. */
  complain(...lines: string[]): void
  /** Somebody looks, and wants to see more than complaints. */
  canDraw(): boolean
  /** From now on, only complaints. */
  hush(): void
  /** While a live display is open, lines go above it. */
  route(above: ((lines: string[]) => void) | undefined): void
}

/** People on this stream, who call the command `program`. */
export function openPeople(
  stream: Writable & { isTTY?: boolean; columns?: number },
  style: Style,
  program: string,
): People {
  let quiet = false
  let above: ((lines: string[]) => void) | undefined
  stream.on('error', () => undefined) // a terminal that went away must not end a run

  function write(lines: string[]): void {
    if (above) above(lines)
    else stream.write(lines.map((line) => `${line}\n`).join(''))
  }

  return {
    style,
    columns: () => (stream.isTTY ? (stream.columns ?? 80) : undefined),
    say(...lines) {
      if (!quiet) write(lines)
    },
    complain: (...lines) => write(lines.map((line) => asCalled(line, program))),
    canDraw: () => stream.isTTY === true && !quiet,
    hush() {
      quiet = true
    },
    route(route) {
      above = route
    },
  }
}
