import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

/** One page of a real Chromium without a window. It reaches loopback and nothing else. */
export interface Browser extends AsyncDisposable {
  /** Resolves once the page and what it names have been loaded. */
  open(url: string): Promise<void>
  /** What an expression is in the page. Its value must be JSON; rejects with what it throws. */
  evaluate<T>(expression: string): Promise<T>
  /** Resolves once an expression is true in the page. */
  until(expression: string): Promise<void>
  /** As if typed where the focus is. */
  type(text: string): Promise<void>
  /** Exceptions, refusals of the content policy and failed requests, in the words of the browser. */
  readonly troubles: string[]
}

const switches = [
  '--headless=new',
  '--remote-debugging-pipe',
  // Its sandbox does not start for root, which is who runs in a container.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

/**
 * Starts Chromium and drives it by the DevTools protocol over a pipe: messages of JSON, each with a NUL behind it.
 * https://chromedevtools.github.io/devtools-protocol/
 */
export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'mirage-chromium-'))
  const child = spawn('chromium', [...switches, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable] // both are pipes, as asked for above
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>()
  const troubles: string[] = []
  let session: string | undefined
  let last = 0
  let loaded = Promise.withResolvers<void>()

  function send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++last
    const reply = Promise.withResolvers<Record<string, unknown>>()
    waiting.set(id, reply)
    to.write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`)
    return reply.promise
  }

  let received = ''
  from.setEncoding('utf8').on('data', (text: string) => {
    const messages = (received + text).split('\0')
    received = messages.pop()!
    for (const message of messages) take(JSON.parse(message) as Message)
  })
  to.on('error', () => undefined)
  child.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has ended'))
  })

  function take({ id, result, error, method, params }: Message): void {
    if (id !== undefined) {
      if (error) waiting.get(id)?.reject(new Error(error.message))
      else waiting.get(id)?.resolve(result ?? {})
      waiting.delete(id)
    } else if (method === 'Page.loadEventFired') loaded.resolve()
    else if (method === 'Runtime.exceptionThrown') troubles.push(JSON.stringify(params?.exceptionDetails))
    else if (params?.entry?.level === 'error') troubles.push(`${params.entry.text} ${params.entry.url ?? ''}`)
  }

  const { targetInfos } = (await send('Target.getTargets')) as { targetInfos: { type: string; targetId: string }[] }
  const { targetId } = targetInfos.find(({ type }) => type === 'page')!
  session = (await send('Target.attachToTarget', { targetId, flatten: true }))['sessionId'] as string
  for (const domain of ['Page', 'Runtime', 'Log']) await send(`${domain}.enable`)

  async function evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true })
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`)
    return (result as { value: T }).value
  }

  return {
    troubles,
    evaluate,
    async open(url) {
      loaded = Promise.withResolvers()
      const { errorText } = (await send('Page.navigate', { url })) as { errorText?: string }
      if (errorText !== undefined) throw new Error(`${url}: ${errorText}`)
      await loaded.promise
    },
    async until(expression) {
      while (!(await evaluate(`Boolean(${expression})`))) await delay(50)
    },
    type: async (text) => void (await send('Input.insertText', { text })),
    async [Symbol.asyncDispose]() {
      session = undefined
      void send('Browser.close').catch(() => undefined)
      await closed
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** The answer to a call, or an event; of the events only those that are looked at here. */
interface Message {
  id?: number
  result?: Record<string, unknown>
  error?: { message: string }
  method?: string
  params?: { exceptionDetails?: object; entry?: { level: string; text: string; url?: string } }
}
