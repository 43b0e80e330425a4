import { afterEach, beforeEach } from 'vitest'
import { NetworkError } from '../error.ts'
import type { Session, SessionOptions } from '../session.ts'
import { type TestEngine, testEngine } from './engine.ts'
import { type TestLab, openTestLab } from './lab.ts'
import { type TestRecorder, testNetwork, testRecorder, testScope, testSession } from './session.ts'

/** A signal that never aborts. */
export const never = new AbortController().signal

export interface TestWorldOptions {
  /** What the DNS engine of every session answers, `name TYPE` → data. */
  zone: TestEngine['zone']
  /** Seconds for which answers hold; not at all without one. */
  ttl?: number
  /** Seeds of every session's scope. */
  targets: string[]
  /** The clock of every session. */
  now?: () => number
}

/** A lab and sessions on it, which a file's tests share the making of: each test has its own. */
export interface TestWorld {
  readonly lab: TestLab
  /** Opens another lab in the place of one that a test has closed. */
  reopenLab(): Promise<void>
  /** A session on the lab, with a recorder and an engine of its own unless one is given. */
  open(options?: Partial<SessionOptions> & { recorder?: TestRecorder }): {
    recorder: TestRecorder
    engine: TestEngine
    session: Session
  }
}

/** Opens a lab before each test of the file, and closes it and every session that was opened after it. */
export function testWorld({ zone, ttl, targets, now }: TestWorldOptions): TestWorld {
  let lab: TestLab
  const sessions: Session[] = []
  async function reopenLab(): Promise<void> {
    lab = await openTestLab()
  }
  beforeEach(reopenLab)
  afterEach(async () => {
    for (const session of sessions.splice(0)) await session[Symbol.asyncDispose]()
    await lab[Symbol.asyncDispose]()
  })
  return {
    get lab() {
      return lab
    },
    reopenLab,
    open({ recorder = testRecorder(), ...options } = {}) {
      const engine = testEngine({ ...zone }, ttl === undefined ? {} : { ttl })
      const session = testSession(testNetwork({ recorder, engine, ...(now && { now }) }), {
        scope: testScope(targets),
        dialMap: lab.dialMap,
        ...options,
      })
      sessions.push(session)
      return { recorder, engine, session }
    },
  }
}

/** `outcome reason` of the NetworkError that work fails with; anything else fails the test. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof NetworkError)) throw new Error(`no NetworkError: ${String(error)}`)
  return `${error.outcome} ${error.reason}`
}

export function text(body: Uint8Array): string {
  return Buffer.from(body).toString()
}
