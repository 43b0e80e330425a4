import type { RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { NetworkError } from './error.ts'
import type { Exchange } from './record/exchange.ts'
import { get, testRecorder, testTask } from './testing/session.ts'
import { never, outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({
  targets: ['northwind.example', '198.18.0.11'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
    'old.northwind.example A': ['198.18.0.11'],
    'api.provider.example A': ['198.18.0.20'],
  },
})

const provider = (path: string, options = {}) =>
  get(`http://api.provider.example${path}`, { contact: 'stored', ...options })

describe('recording', () => {
  function count(): { listener: RequestListener; served: string[] } {
    const served: string[] = []
    return {
      served,
      listener(request, response) {
        served.push(request.url!)
        response.end(`answer ${served.length}`)
      },
    }
  }

  test('comes before the answer: when it fails, the module gets none', async () => {
    world.lab.http('198.18.0.20:80', (_request, response) => response.end('ok'))
    const recorder = testRecorder()
    recorder.record = () => Promise.reject(new Error('the store is full'))
    const { session } = world.open({ recorder })
    await expect(testTask(session).request(provider('/'), never)).rejects.toThrow('the store is full')
  })

  test('that cannot be read is the trouble of the store, and nothing is sent', async () => {
    const recorder = testRecorder()
    const away = new Error('the store is away')
    recorder.cached = () => Promise.reject(away)
    recorder.page = () => Promise.reject(away)
    const { session } = world.open({ recorder })
    const asking = testTask(session)
    await expect(asking.request(provider('/', { maxAgeMs: 1_000 }), never)).rejects.toBe(away)
    expect(asking.trouble).toBe(away)
    const reading = testTask(session)
    await expect(reading.recorded('http://www.northwind.example/', never)).rejects.toBe(away)
    expect(reading.trouble).toBe(away)
    expect(world.lab.dialled).toEqual([])
  })

  test('a later attempt reads what was answered and sends the rest', async () => {
    const { listener, served } = count()
    world.lab.http('198.18.0.20:80', listener)
    const { session, recorder } = world.open()
    const first = testTask(session)
    const a = await first.request(provider('/a'), never)
    const again = await first.request(provider('/a'), never)
    expect(again.exchange).not.toBe(a.exchange)
    const second = testTask(world.open({ recorder }).session, { attempt: 2 })
    expect(await second.request(provider('/a'), never)).toEqual(a)
    expect(await second.request(provider('/a'), never)).toEqual(again)
    await second.request(provider('/a'), never)
    await second.request(provider('/b'), never)
    expect(served).toEqual(['/a', '/a', '/a', '/b'])
  })

  test('of what was answered is over when the task is, also when it was stopped meanwhile', async () => {
    world.lab.http('198.18.0.11:80', (_request, response) => response.end('there'))
    const recorder = testRecorder()
    const { record } = recorder
    const began = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    recorder.record = async (exchange) => {
      began.resolve()
      await released.promise
      return record(exchange)
    }
    const task = testTask(world.open({ recorder }).session)
    const answer = outcomeOf(task.request(get('http://old.northwind.example/'), never))
    await began.promise
    let isOver = false
    const ended = task[Symbol.asyncDispose]().then(() => (isOver = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isOver).toBe(false)
    released.resolve()
    await ended
    expect(recorder.exchanges.size).toBe(1)
    expect(await answer).toBe('cancelled cancelled')
  })

  test('keeps what TLS showed', async () => {
    world.lab.https('198.18.0.11:443', (_request, response) => response.end('ok'), 'expired')
    const { session, recorder } = world.open()
    const request = get('https://old.northwind.example/', { anyCertificate: true })
    const answer = await testTask(session).request(request, never)
    const replayed = await testTask(world.open({ recorder }).session, { attempt: 2 }).request(request, never)
    expect(replayed).toEqual(answer)
    expect(replayed.tls).toMatchObject({ untrusted: 'CERT_HAS_EXPIRED' })
    expect(Buffer.from(replayed.tls!.chain[0]!)).toEqual(Buffer.from(answer.tls!.chain[0]!))
  })

  test('tells tasks apart', async () => {
    const { listener, served } = count()
    world.lab.http('198.18.0.20:80', listener)
    const { session } = world.open()
    await testTask(session).request(provider('/a'), never)
    await testTask(session, { task: 'task_2', attempt: 2 }).request(provider('/a'), never)
    expect(served).toHaveLength(2)
  })

  test('a cached answer is recorded for this task and nothing is sent', async () => {
    const { listener, served } = count()
    world.lab.http('198.18.0.20:80', listener)
    const recorder = testRecorder()
    const queries: number[] = []
    let kept: Exchange | undefined
    recorder.cached = ({ notBefore, request }) => {
      queries.push(notBefore)
      return Promise.resolve(kept?.key.request === request ? kept : undefined)
    }
    const { session } = world.open({ recorder })
    const first = await testTask(session).request(provider('/a', { maxAgeMs: 60_000 }), never)
    kept = recorder.exchanges.get(first.exchange)
    const second = await testTask(session, { task: 'task_2' }).request(provider('/a', { maxAgeMs: 60_000 }), never)
    expect(Buffer.from(second.body).toString()).toBe('answer 1')
    expect(second.exchange).not.toBe(first.exchange)
    expect(recorder.exchanges.get(second.exchange)).toMatchObject({ key: { task: 'task_2' }, reusable: false })
    expect(served).toHaveLength(1)
    expect(queries).toHaveLength(2)
    const elsewhere = world.open({ recorder, world: 'another lab' }).session
    const third = await testTask(elsewhere, { task: 'task_3' }).request(provider('/a', { maxAgeMs: 60_000 }), never)
    expect(Buffer.from(third.body).toString()).toBe('answer 2')
  })
})

describe('secrets', () => {
  test('reach the provider and nothing else', async () => {
    const secret = 'k3y/with+odd=chars'
    const named = 'named-by-parameter'
    const seen: string[] = []
    world.lab.http('198.18.0.20:80', (request, response) => {
      seen.push(`${request.url} ${request.headers.authorization} ${String(request.headers['x-token'])}`)
      if (request.url!.startsWith('/move')) {
        response.writeHead(302, { location: `/end?key=${encodeURIComponent(secret)}` }).end()
        return
      }
      response.setHeader('x-echo', `you sent ${secret}`)
      response.setHeader('set-cookie', `session=${named}`)
      response.end(`your key ${secret} and ${encodeURIComponent(secret)} are fine`)
    })
    const { session, recorder } = world.open()
    const task = testTask(session, { secrets: [secret] })
    const answer = await task.request(
      provider(`/move?token=${named}&key=${encodeURIComponent(secret)}`, {
        headers: { Authorization: `Bearer ${secret}`, 'X-Token': named },
        secrets: ['token', 'x-token'],
      }),
      never,
    )
    expect(seen).toHaveLength(2)
    expect(seen[0]).toContain(named)
    expect(seen[0]).toContain(secret)
    const everything = JSON.stringify([...recorder.exchanges.values()], (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    for (const text of [everything, JSON.stringify(answer), Buffer.from(answer.body).toString()])
      for (const form of [secret, encodeURIComponent(secret), named]) expect(text).not.toContain(form)
    expect(Buffer.from(answer.body).toString()).toBe('your key [secret] and [secret] are fine')
    expect(recorder.exchanges.get(answer.exchange)?.credentials).toBe(true)
  })

  test('are not in errors', async () => {
    const secret = 'aaaabbbbcccc'
    const { session } = world.open()
    const work = testTask(session, { secrets: [secret] }).request(
      get(`http://${secret}.provider.example/`, { contact: 'stored' }),
      never,
    )
    const error: unknown = await work.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(NetworkError)
    expect(String(error)).not.toContain(secret)
  })
})

describe('budgets and declarations', () => {
  test('a request that the budget does not allow is not sent', async () => {
    world.lab.http('198.18.0.20:80', (_request, response) => response.end('ok'))
    const { session } = world.open()
    let left = 2
    const spend = (): void => {
      if (left-- === 0)
        throw new NetworkError({ outcome: 'skipped', reason: 'budget', detail: 'the budget is used up' })
    }
    const task = testTask(session, { spend })
    await task.request(provider('/1'), never)
    await task.request(provider('/2'), never)
    expect(await outcomeOf(task.request(provider('/3'), never))).toBe('skipped budget')
    expect(world.lab.dialled).toHaveLength(1)
  })

  test('a module may not do more than it declares', async () => {
    const { session } = world.open()
    const stored = testTask(session, { contact: 'stored' })
    expect(await outcomeOf(stored.request(get('http://www.northwind.example/'), never))).toBe(
      'out-of-scope contact-ceiling',
    )
    const none = testTask(session, { contact: 'none' })
    expect(await outcomeOf(none.request(provider('/', { contact: 'none' }), never))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(await outcomeOf(none.dns.resolve('api.provider.example', 'A'))).toBe('out-of-scope contact-ceiling')
    expect(world.lab.dialled).toEqual([])
  })
})

describe('a passive run', () => {
  test('asks providers, and sends neither packet nor question towards the target', async () => {
    world.lab.http('198.18.0.20:80', (_request, response) => response.end('ok'))
    const { session, engine } = world.open({ ceiling: 'stored' })
    const task = testTask(session)
    expect((await task.request(provider('/'), never)).status).toBe(200)
    const stored = { contact: 'stored' } as const
    expect(await outcomeOf(task.request(get('http://www.northwind.example/', stored), never))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(await outcomeOf(task.request(get('http://198.18.0.11/', stored), never))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(await outcomeOf(task.dns.resolve('www.northwind.example', 'A'))).toBe('out-of-scope contact-ceiling')
    expect(await outcomeOf(task.tls.peer('www.northwind.example', 443))).toBe('out-of-scope contact-ceiling')
    expect(await outcomeOf(Array.fromAsync(task.tcp.scan('198.18.0.11', [80])))).toBe('out-of-scope contact-ceiling')
    engine.zone['api.provider.example A'] = ['198.18.0.11'] // the provider moved onto the target
    expect(await outcomeOf(task.request(provider('/2'), never))).toBe('out-of-scope contact-ceiling')
    expect(world.lab.dialled).toEqual(['198.18.0.20:80'])
    expect(engine.asked.filter((question) => question.includes('northwind'))).toEqual([])
  })
})

describe('a recorded page', () => {
  test('is the last that answered for its URL, without sending anything', async () => {
    let served = 0
    world.lab.http('198.18.0.10:80', (request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/home' }).end()
      else response.end(`page ${++served}`)
    })
    const { session } = world.open()
    const task = testTask(session)
    await task.request(get('http://www.northwind.example/'), never)
    await task.request(get('http://www.northwind.example/'), never)
    const other = testTask(session, { module: 'extract', task: 'task_2', contact: 'none' })
    const page = await other.recorded('http://www.northwind.example/home#top', never)
    expect(Buffer.from(page!.body).toString()).toBe('page 2')
    expect(await other.recorded('http://www.northwind.example/other', never)).toBeUndefined()
    expect(served).toBe(2)
  })
})
