import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'

/** What a suite is given to test: a port on empty stores, and a clock that both turn. */
export interface Opened<Port> {
  port: Port
  /** Closes the port and opens another on the same stores; absent where nothing outlives it. */
  reopen?: () => Promise<Port>
  /** Closes what is open and removes the stores. */
  close(): Promise<void>
}

export interface TestClock {
  now(): number
  /** Resolves when so many milliseconds have passed for the port. */
  advance(ms: number): Promise<void>
}

export type OpenPort<Port> = (clock: TestClock) => Promise<Opened<Port>>

/** Describes a suite; where the engine cannot be reached it is skipped, and its name says why. */
export function suite(name: string, unreachable: string | undefined, body: () => void): void {
  const title = unreachable === undefined ? name : `${name} (skipped: ${unreachable})`
  // oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- given by each suite
  describe.skipIf(unreachable !== undefined)(title, body)
}

/** A clock that stands still until it is told to go on. */
export function standingClock(at = 1_760_000_000_000): TestClock {
  let now = at
  return {
    now: () => now,
    async advance(ms) {
      now += ms
    },
  }
}

/** Runs `work` with a port of its own and closes it whatever happens. */
export async function withPort<Port>(
  open: OpenPort<Port>,
  work: (port: Port, opened: Opened<Port>, clock: TestClock) => Promise<void>,
): Promise<void> {
  const clock = standingClock()
  const opened = await open(clock)
  try {
    await work(opened.port, opened, clock)
  } finally {
    await opened.close()
  }
}

/** An adapter on a fresh folder, which is removed in the end. */
export function onFolder<Port extends AsyncDisposable>(
  open: (folder: string, clock: TestClock) => Promise<Port>,
): OpenPort<Port> {
  return async (clock) => {
    const folder = await mkdtemp(join(tmpdir(), 'mirage-port-'))
    let port = await open(folder, clock)
    return {
      port,
      async reopen() {
        await port[Symbol.asyncDispose]()
        port = await open(folder, clock)
        return port
      },
      async close() {
        await port[Symbol.asyncDispose]()
        await rm(folder, { recursive: true, force: true })
      },
    }
  }
}

/** Polls until `holds` answers true; for what a port promises to happen soon. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (await holds()) return
    await new Promise((resume) => setTimeout(resume, 5))
  }
  throw new Error(`never happened: ${what}`)
}
