/** How a command ends. Fixed: scripts rely on these numbers. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Wrong usage, or a target that cannot be read: nothing was sent. */
  usage: 2,
  /** There are findings at or above `--fail-on`. */
  findings: 3,
  interrupted: 130,
  terminated: 143,
} as const

/** The person has to write the command differently. Every line says one thing that is wrong. */
export class UsageError extends Error {
  constructor(...lines: string[]) {
    super(lines.join('\n'))
    this.name = 'UsageError'
  }
}

/** The command cannot do what was asked, and the message says why in full. */
export class Failure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
  }
}

/** The reason of the abort when the person or the system ends the command: Ctrl-C, a signal, or a reader that left. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(why: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'EPIPE') {
    super(why)
    this.name = 'Interrupted'
    this.exitCode =
      why === 'EPIPE'
        ? exitCodes.done
        : why === 'SIGINT'
          ? exitCodes.interrupted
          : why === 'SIGHUP'
            ? 129
            : exitCodes.terminated
  }
}
