import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NetworkError } from './error.ts'
import { testEngine } from './testing/engine.ts'
import { type TestLab, openTestLab } from './testing/lab.ts'
import { get, testNetwork, testRecorder, testScope, testSession, testTask } from './testing/session.ts'
import type { SessionOptions } from './session.ts'

const never = new AbortController().signal

let lab: TestLab
beforeEach(async () => {
  lab = await openTestLab()
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const zone = {
  'www.northwind.example A': ['198.18.0.10'],
  'old.northwind.example A': ['198.18.0.11'],
  'other.example A': ['198.18.0.12'],
  'api.provider.example A': ['198.18.0.20'],
}

function open(options: Partial<SessionOptions> = {}) {
  const recorder = testRecorder()
  const engine = testEngine(zone)
  const session = testSession(testNetwork({ recorder, engine }), {
    scope: testScope(['northwind.example']),
    dialMap: lab.dialMap,
    ...options,
  })
  return { recorder, engine, session }
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof NetworkError)) throw new Error(`no NetworkError: ${String(error)}`)
  return `${error.outcome} ${error.reason}`
}

describe('an answer', () => {
  test('carries status, headers, decoded body, address and what TLS showed', async () => {
    lab.https('198.18.0.10:443', (request, response) => {
      response.setHeader('set-cookie', ['sid=12345; path=/', 'lang=en'])
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(`hello ${request.headers.host}`))
    })
    const { session, recorder } = open()
    const answer = await testTask(session).request(get('https://www.northwind.example/'), never)
    expect(Buffer.from(answer.body).toString()).toBe('hello www.northwind.example')
    expect(answer).toMatchObject({ status: 200, truncated: false, address: '198.18.0.10', hops: [] })
    expect(answer.headers['set-cookie']).toEqual(['sid=[secret]; path=/', 'lang=[secret]'])
    expect(answer.tls).toMatchObject({ protocol: 'TLSv1.3' })
    expect(answer.tls?.untrusted).toBeUndefined()
    expect(answer.tls?.chain).toHaveLength(1)
    expect(recorder.exchanges.has(answer.exchange)).toBe(true)
    await session[Symbol.asyncDispose]()
  })
})
