import type { RequestListener } from 'node:http'
import { streamEncode } from 'dns-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NetworkError } from './error.ts'
import type { Exchange } from './exchange.ts'
import { openDnsEngine } from './dns/engine.ts'
import { startFixtureServer } from './dns/testing/fixture-server.ts'
import type { SessionOptions, Session } from './session.ts'
import { testEngine } from './testing/engine.ts'
import { type TestLab, openTestLab } from './testing/lab.ts'
import {
  type TestRecorder,
  get,
  testNetwork,
  testRecorder,
  testScope,
  testSession,
  testTask,
} from './testing/session.ts'

const never = new AbortController().signal
const zone = {
  'www.northwind.example A': ['198.18.0.10'],
  'old.northwind.example A': ['198.18.0.11'],
  'api.provider.example A': ['198.18.0.20'],
  'whois.provider.example A': ['198.18.0.21'],
}

let lab: TestLab
const sessions: Session[] = []
beforeEach(async () => {
  lab = await openTestLab()
})
afterEach(async () => {
  for (const session of sessions.splice(0)) await session[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})

function open(options: Partial<SessionOptions> & { recorder?: TestRecorder } = {}) {
  const { recorder = testRecorder(), ...rest } = options
  const engine = testEngine({ ...zone })
  const session = testSession(testNetwork({ recorder, engine }), {
    scope: testScope(['northwind.example', '198.18.0.11']),
    dialMap: lab.dialMap,
    ...rest,
  })
  sessions.push(session)
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

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

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
    lab.http('198.18.0.20:80', (_request, response) => response.end('ok'))
    const recorder = testRecorder()
    recorder.record = () => Promise.reject(new Error('the store is full'))
    const { session } = open({ recorder })
    await expect(testTask(session).request(provider('/'), never)).rejects.toThrow('the store is full')
  })

  test('a later attempt reads what was answered and sends the rest', async () => {
    const { listener, served } = count()
    lab.http('198.18.0.20:80', listener)
    const { session, recorder } = open()
    const first = testTask(session)
    const a = await first.request(provider('/a'), never)
    const again = await first.request(provider('/a'), never)
    expect(again.exchange).not.toBe(a.exchange)
    const second = testTask(open({ recorder }).session, { attempt: 2 })
    expect(await second.request(provider('/a'), never)).toEqual(a)
    expect(await second.request(provider('/a'), never)).toEqual(again)
    await second.request(provider('/a'), never)
    await second.request(provider('/b'), never)
    expect(served).toEqual(['/a', '/a', '/a', '/b'])
  })

  test('of what was answered is over when the task is, also when it was stopped meanwhile', async () => {
    lab.http('198.18.0.11:80', (_request, response) => response.end('there'))
    const recorder = testRecorder()
    const { record } = recorder
    const began = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    recorder.record = async (exchange) => {
      began.resolve()
      await released.promise
      return record(exchange)
    }
    const task = testTask(open({ recorder }).session)
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
    lab.https('198.18.0.11:443', (_request, response) => response.end('ok'), 'expired')
    const { session, recorder } = open()
    const request = get('https://old.northwind.example/', { anyCertificate: true })
    const answer = await testTask(session).request(request, never)
    const replayed = await testTask(open({ recorder }).session, { attempt: 2 }).request(request, never)
    expect(replayed).toEqual(answer)
    expect(replayed.tls).toMatchObject({ untrusted: 'CERT_HAS_EXPIRED' })
    expect(Buffer.from(replayed.tls!.chain[0]!)).toEqual(Buffer.from(answer.tls!.chain[0]!))
  })

  test('tells tasks apart', async () => {
    const { listener, served } = count()
    lab.http('198.18.0.20:80', listener)
    const { session } = open()
    await testTask(session).request(provider('/a'), never)
    await testTask(session, { task: 'task_2', attempt: 2 }).request(provider('/a'), never)
    expect(served).toHaveLength(2)
  })

  test('a cached answer is recorded for this task and nothing is sent', async () => {
    const { listener, served } = count()
    lab.http('198.18.0.20:80', listener)
    const recorder = testRecorder()
    const queries: number[] = []
    let kept: Exchange | undefined
    recorder.cached = ({ notBefore, request }) => {
      queries.push(notBefore)
      return Promise.resolve(kept?.key.request === request ? kept : undefined)
    }
    const { session } = open({ recorder })
    const first = await testTask(session).request(provider('/a', { maxAgeMs: 60_000 }), never)
    kept = recorder.exchanges.get(first.exchange)
    const second = await testTask(session, { task: 'task_2' }).request(provider('/a', { maxAgeMs: 60_000 }), never)
    expect(Buffer.from(second.body).toString()).toBe('answer 1')
    expect(second.exchange).not.toBe(first.exchange)
    expect(recorder.exchanges.get(second.exchange)?.key.task).toBe('task_2')
    expect(served).toHaveLength(1)
    expect(queries).toHaveLength(2)
  })
})

describe('secrets', () => {
  test('reach the provider and nothing else', async () => {
    const secret = 'k3y/with+odd=chars'
    const named = 'named-by-parameter'
    const seen: string[] = []
    lab.http('198.18.0.20:80', (request, response) => {
      seen.push(`${request.url} ${request.headers.authorization} ${String(request.headers['x-token'])}`)
      if (request.url!.startsWith('/move')) {
        response.writeHead(302, { location: `/end?key=${encodeURIComponent(secret)}` }).end()
        return
      }
      response.setHeader('x-echo', `you sent ${secret}`)
      response.setHeader('set-cookie', `session=${named}`)
      response.end(`your key ${secret} and ${encodeURIComponent(secret)} are fine`)
    })
    const { session, recorder } = open()
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
    const { session } = open()
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
    lab.http('198.18.0.20:80', (_request, response) => response.end('ok'))
    const { session } = open()
    let left = 2
    const spend = (): void => {
      if (left-- === 0)
        throw new NetworkError({ outcome: 'skipped', reason: 'budget', detail: 'the budget is used up' })
    }
    const task = testTask(session, { spend })
    await task.request(provider('/1'), never)
    await task.request(provider('/2'), never)
    expect(await outcomeOf(task.request(provider('/3'), never))).toBe('skipped budget')
    expect(lab.dialled).toHaveLength(1)
  })

  test('a module may not do more than it declares', async () => {
    const { session } = open()
    const stored = testTask(session, { contact: 'stored' })
    expect(await outcomeOf(stored.request(get('http://www.northwind.example/'), never))).toBe(
      'out-of-scope contact-ceiling',
    )
    const none = testTask(session, { contact: 'none' })
    expect(await outcomeOf(none.request(provider('/', { contact: 'none' }), never))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(await outcomeOf(none.dns.resolve('api.provider.example', 'A'))).toBe('out-of-scope contact-ceiling')
    expect(lab.dialled).toEqual([])
  })
})

describe('a passive run', () => {
  test('asks providers, and sends neither packet nor question towards the target', async () => {
    lab.http('198.18.0.20:80', (_request, response) => response.end('ok'))
    const { session, engine } = open({ ceiling: 'stored' })
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
    expect(await outcomeOf(all(task.tcp.scan('198.18.0.11', [80])))).toBe('out-of-scope contact-ceiling')
    engine.zone['api.provider.example A'] = ['198.18.0.11'] // the provider moved onto the target
    expect(await outcomeOf(task.request(provider('/2'), never))).toBe('out-of-scope contact-ceiling')
    expect(lab.dialled).toEqual(['198.18.0.20:80'])
    expect(engine.asked.filter((question) => question.includes('northwind'))).toEqual([])
  })
})

describe('DNS', () => {
  test('an alias to nothing is still an alias in a later attempt', async () => {
    const { session, recorder, engine } = open()
    engine.zone['gone.northwind.example CNAME'] = ['gone.azurewebsites.net']
    const questions = [{ name: 'gone.northwind.example', type: 'A' as const }]
    const answers = await all(testTask(session).dns.resolveMany(questions))
    expect(answers).toMatchObject([
      { status: 'NXDOMAIN', records: [{ type: 'CNAME', data: 'gone.azurewebsites.net' }] },
    ])
    expect(await all(testTask(open({ recorder }).session, { attempt: 2 }).dns.resolveMany(questions))).toEqual(answers)
  })

  test('answers come with the frame that holds them, and a later attempt asks nothing again', async () => {
    const { session, recorder, engine } = open()
    const task = testTask(session)
    const names = ['www', 'nope', 'old', 'mail'].map((label) => ({
      name: `${label}.northwind.example`,
      type: 'A' as const,
    }))
    const answers = await all(task.dns.resolveMany(names))
    expect(answers.map(({ status }) => status)).toEqual(['NOERROR', 'NXDOMAIN', 'NOERROR', 'NXDOMAIN'])
    expect(recorder.frames.map(({ count }) => count)).toEqual([4])
    for (const { exchange } of answers) expect(exchange).toBe(recorder.frames[0]!.id)
    const asked = engine.asked.length
    const later = open({ recorder })
    const replayed = await all(testTask(later.session, { attempt: 2 }).dns.resolveMany(names))
    expect(replayed).toEqual(
      answers.map((answer) => (answer.status === 'NXDOMAIN' ? { ...answer, server: '' } : answer)),
    )
    expect(later.engine.asked).toEqual([])
    expect(asked).toBe(4)
  })

  test('a thousand answers are a row, and a single one does not wait for more', async () => {
    const { session, recorder } = open()
    const task = testTask(session)
    async function* names() {
      for (let i = 0; i < 2_500; i++) yield { name: `n${i}.northwind.example`, type: 'A' as const }
    }
    expect(await all(task.dns.resolveMany(names()))).toHaveLength(2_500)
    expect(Math.max(...recorder.frames.map(({ count }) => count))).toBe(1_000)
    expect(recorder.frames.length).toBeLessThan(20)
    await task.dns.resolve('www.northwind.example', 'A')
    expect(recorder.frames.at(-1)!.count).toBe(1)
  })

  test('an excluded name is refused and the others are answered', async () => {
    const { session, engine } = open({ scope: testScope(['northwind.example'], ['shop.northwind.example']) })
    const task = testTask(session)
    const names = ['shop', 'www'].map((label) => ({ name: `${label}.northwind.example`, type: 'A' as const }))
    const answers = await all(task.dns.resolveMany(names))
    expect(answers.map(({ name, status }) => `${name} ${status}`).toSorted()).toEqual([
      'shop.northwind.example REFUSED',
      'www.northwind.example NOERROR',
    ])
    expect(await outcomeOf(task.dns.resolve('shop.northwind.example', 'A'))).toBe('out-of-scope excluded')
    expect(engine.asked.filter((question) => question.startsWith('shop'))).toEqual([])
  })

  test('silence is an answer but not a record', async () => {
    const { session, recorder, engine } = open()
    engine.zone['slow.northwind.example A'] = 'TIMEOUT'
    const answer = await testTask(session).dns.resolve('slow.northwind.example', 'A')
    expect(answer).toMatchObject({ status: 'TIMEOUT', records: [] })
    expect(recorder.frames).toEqual([])
  })

  test('a spent budget ends the answers after those that were asked for', async () => {
    const { session } = open()
    let left = 10
    const spend = (): void => {
      if (left-- === 0)
        throw new NetworkError({ outcome: 'skipped', reason: 'budget', detail: 'the budget is used up' })
    }
    const names = Array.from({ length: 50 }, (_, i) => ({ name: `n${i}.northwind.example`, type: 'A' as const }))
    const got: string[] = []
    const read = async (): Promise<void> => {
      for await (const { name } of testTask(session, { spend }).dns.resolveMany(names)) got.push(name)
    }
    expect(await outcomeOf(read())).toBe('skipped budget')
    expect(got).toHaveLength(10)
  })

  test('a reader that leaves early stops the questions; a store that fails ends them', async () => {
    const { session, recorder, engine } = open()
    async function* names() {
      for (let i = 0; i < 100_000; i++) yield { name: `n${i}.northwind.example`, type: 'A' as const }
    }
    for await (const _answer of testTask(session).dns.resolveMany(names())) break
    expect(engine.asked.length).toBeLessThan(20_000)
    recorder.recordFrame = () => Promise.reject(new Error('the store is full'))
    await expect(testTask(session).dns.resolve('www.northwind.example', 'A')).rejects.toThrow('the store is full')
  })
})

describe('guesses', () => {
  test('find what exists, and a later attempt asks nothing again', async () => {
    const { session, recorder } = open()
    const labels = ['www', 'mail', 'old', 'ftp', 'WWW ', '']
    const names = (await all(testTask(session).dns.guess('Northwind.example.', labels))).map(({ name }) => name)
    expect(names.toSorted()).toEqual(['old.northwind.example', 'www.northwind.example'])
    const later = open({ recorder })
    const again = (await all(testTask(later.session, { attempt: 2 }).dns.guess('northwind.example', labels))).map(
      ({ name }) => name,
    )
    expect(again.toSorted()).toEqual(names.toSorted())
    expect(later.engine.asked).toEqual([])
  })

  test('are not made in a passive run', async () => {
    const { session, engine } = open({ ceiling: 'stored' })
    expect(await outcomeOf(all(testTask(session).dns.guess('northwind.example', ['www'])))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(await outcomeOf(testTask(session).dns.isWildcard('northwind.example', 'A'))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(engine.asked).toEqual([])
  })

  test('leave out what a wildcard makes up', async () => {
    const { session, engine } = open()
    const zone = engine.zone
    // Every name below `wild` exists.
    engine.zone = new Proxy(zone, {
      get: (zone, key) => (String(key).endsWith('.wild.northwind.example A') ? ['198.18.0.40'] : zone[String(key)]),
    })
    const task = testTask(session)
    expect(await task.dns.isWildcard('wild.northwind.example', 'A')).toBe(true)
    expect(await task.dns.isWildcard('northwind.example', 'A')).toBe(false)
    expect(await all(task.dns.guess('wild.northwind.example', ['www', 'mail']))).toEqual([])
  })
})

describe('a zone transfer', () => {
  const soa = {
    name: 'northwind.example',
    type: 'SOA' as const,
    data: { mname: 'ns.hoster.example', rname: 'a.b', serial: 1 },
  }
  const www = { name: 'www.northwind.example', type: 'A' as const, data: '198.18.0.10' }

  /** A name server that hands out the zone, or refuses. */
  function serve(at: string, refuses: boolean): void {
    lab.stand(at, (socket) => {
      socket.once('data', (query) => {
        const id = query.readUInt16BE(2)
        const answers = refuses ? [] : [soa, www, soa]
        const flags = refuses ? 5 : 0
        const question = { type: 'AXFR' as const, name: 'northwind.example' }
        socket.end(streamEncode({ type: 'response', id, flags, questions: [question], answers }))
      })
    })
  }

  test('is asked of a name server of the zone, once', async () => {
    serve('198.18.0.53:53', false)
    serve('198.18.0.54:53', true)
    const { session, recorder, engine } = open()
    engine.zone['northwind.example NS'] = ['ns.hoster.example', 'ns2.hoster.example']
    engine.zone['ns.hoster.example A'] = ['198.18.0.53']
    engine.zone['ns2.hoster.example A'] = ['198.18.0.54']
    const task = testTask(session)
    const zone = await task.dns.transfer('northwind.example', 'ns.hoster.example')
    expect(zone?.records.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'northwind.example SOA',
      'www.northwind.example A',
    ])
    expect(await task.dns.transfer('northwind.example', 'ns2.hoster.example')).toBeUndefined()
    expect(await task.dns.transfer('northwind.example', '198.18.0.54')).toBeUndefined()
    const dialled = lab.dialled.length
    const later = testTask(open({ recorder }).session, { attempt: 2 })
    expect(await later.dns.transfer('northwind.example', 'ns.hoster.example')).toEqual(zone)
    expect(await later.dns.transfer('northwind.example', 'ns2.hoster.example')).toBeUndefined()
    expect(lab.dialled).toHaveLength(dialled)
  })

  test('is asked of nobody else, and for no other zone', async () => {
    const { session, engine } = open()
    engine.zone['northwind.example NS'] = ['ns.hoster.example']
    engine.zone['ns.hoster.example A'] = ['198.18.0.53']
    const task = testTask(session)
    expect(await outcomeOf(task.dns.transfer('northwind.example', 'ns.other.example'))).toBe(
      'out-of-scope not-in-scope',
    )
    expect(await outcomeOf(task.dns.transfer('northwind.example', '198.18.0.99'))).toBe('out-of-scope not-in-scope')
    expect(await outcomeOf(task.dns.transfer('hoster.example', 'ns.hoster.example'))).toBe('out-of-scope not-in-scope')
    const quiet = testTask(open({ ceiling: 'relayed' }).session)
    expect(await outcomeOf(quiet.dns.transfer('northwind.example', 'ns.hoster.example'))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(lab.dialled).toEqual([])
  })
})

test('the real engine asks the lab’s resolver through the dial map, for modules and for the dialer', async () => {
  await using server = await startFixtureServer(({ name, type }) =>
    name === 'www.northwind.example' && type === 'A'
      ? { answers: [{ name, type: 'A', ttl: 60, data: '198.18.0.10' }] }
      : { rcode: name === 'www.northwind.example' ? 0 : 3 },
  )
  await using engine = openDnsEngine()
  const dialMap = { ...lab.dialMap, udp: { '198.18.0.53:53': `127.0.0.1:${server.port}` } }
  await using session = testSession(testNetwork({ engine }), { scope: testScope(['northwind.example']), dialMap })
  lab.http('198.18.0.10:80', (_request, response) => response.end('found'))
  const task = testTask(session)
  const answer = await task.request(get('http://www.northwind.example/'), never)
  expect(answer.address).toBe('198.18.0.10')
  expect(await task.dns.resolve('www.northwind.example', 'A')).toMatchObject({
    status: 'NOERROR',
    server: '198.18.0.53',
  })
  const guessed = await all(task.dns.guess('northwind.example', ['www', 'mail', 'ftp']))
  expect(guessed.map(({ name }) => name)).toEqual(['www.northwind.example'])
  expect(server.asked.length).toBeGreaterThan(0)
})

describe('a recorded page', () => {
  test('is the last that answered for its URL, without sending anything', async () => {
    let served = 0
    lab.http('198.18.0.10:80', (request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/home' }).end()
      else response.end(`page ${++served}`)
    })
    const { session } = open()
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

describe('ports', () => {
  test('are open with what they say, closed, or filtered; a later attempt tries none of them again', async () => {
    lab.stand('198.18.0.11:22', (socket) => socket.write('SSH-2.0-lab\r\n'))
    lab.stand('198.18.0.11:80', (socket) => socket.resume())
    lab.stand('198.18.0.11:81', 'silent')
    const { session, recorder } = open()
    // More than are tried at the same time.
    const ports = [22, 80, 81, 82, ...Array.from({ length: 100 }, (_, i) => 1000 + i)]
    const found = await all(testTask(session).tcp.scan('198.18.0.11', ports))
    found.sort((a, b) => a.port - b.port)
    expect(found).toHaveLength(ports.length)
    const named = found.filter(({ port }) => port < 1000)
    expect(named.map(({ port, state, banner }) => [port, state, banner && Buffer.from(banner).toString()])).toEqual([
      [22, 'open', 'SSH-2.0-lab\r\n'],
      [80, 'open', undefined],
      [81, 'filtered', undefined],
      [82, 'closed', undefined],
    ])
    const dialled = lab.dialled.length
    const replayed = await all(testTask(open({ recorder }).session, { attempt: 2 }).tcp.scan('198.18.0.11', ports))
    replayed.sort((a, b) => a.port - b.port)
    expect(replayed).toEqual(found)
    expect(lab.dialled).toHaveLength(dialled)
  })

  test('that are silent are tried once more', async () => {
    lab.stand('198.18.0.11:22', 'silent')
    lab.stand('198.18.0.11:81', 'silent')
    const found = all(testTask(open().session).tcp.scan('198.18.0.11', [22, 81, 82]))
    await expect.poll(() => lab.dialled.length).toBe(3)
    lab.stand('198.18.0.11:22', (socket) => socket.write('SSH-2.0-lab\r\n'))
    const states = (await found).map(({ port, state }) => `${port} ${state}`)
    expect(states.toSorted()).toEqual(['22 open', '81 filtered', '82 closed'])
    expect(lab.dialled.toSorted()).toEqual([22, 22, 81, 81, 82].map((port) => `198.18.0.11:${port}`))
  })

  test('of an address are tried on behalf of a name in scope that has it', async () => {
    const { session } = open()
    const task = testTask(session)
    expect(await outcomeOf(all(task.tcp.scan('198.18.0.10', [80])))).toBe('out-of-scope not-in-scope')
    expect(await outcomeOf(all(task.tcp.scan('198.18.0.12', [80], { onBehalfOf: 'www.northwind.example' })))).toBe(
      'out-of-scope not-of-name',
    )
    const found = await all(task.tcp.scan('198.18.0.10', [80], { onBehalfOf: 'www.northwind.example' }))
    expect(found).toMatchObject([{ port: 80, state: 'closed' }])
  })

  test('are not taken for closed when the lab is away', async () => {
    const { session, recorder } = open()
    await lab[Symbol.asyncDispose]()
    expect(await outcomeOf(all(testTask(session).tcp.scan('198.18.0.11', [80])))).toMatch(
      /^cancelled|^unreachable proxy/,
    )
    expect(recorder.frames).toEqual([])
    lab = await openTestLab()
  })

  test('are not taken for what a lab makes of them that goes away meanwhile', async () => {
    const { promise: met, resolve: meet } = Promise.withResolvers<void>()
    lab.stand('198.18.0.11:22', () => meet())
    lab.stand('198.18.0.11:443', () => meet())
    const { session, recorder } = open()
    const task = testTask(session)
    const outcomes = [outcomeOf(all(task.tcp.scan('198.18.0.11', [22]))), outcomeOf(task.tls.peer('198.18.0.11', 443))]
    await met
    await lab[Symbol.asyncDispose]()
    expect(await Promise.all(outcomes)).toEqual(['cancelled cancelled', 'cancelled cancelled'])
    expect([recorder.frames, [...recorder.exchanges]]).toEqual([[], []])
    expect(session.isCut()).toBe(true)
    lab = await openTestLab()
    expect(session.isCut(), 'what was seen in between stays in doubt').toBe(true)
  })
})

describe('a TLS peer', () => {
  test('is told from a port without TLS, and both are recorded', async () => {
    lab.https('198.18.0.11:443', () => {}, 'nameless')
    lab.stand('198.18.0.11:22', (socket) => socket.end('SSH-2.0-lab\r\n'))
    const { session, recorder } = open()
    const task = testTask(session)
    const peer = await task.tls.peer('old.northwind.example', 443)
    expect(peer).toMatchObject({ address: '198.18.0.11', untrusted: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(await task.tls.peer('198.18.0.11', 443)).toMatchObject({ address: '198.18.0.11' })
    expect(await task.tls.peer('198.18.0.11', 22)).toBeUndefined()
    expect(await outcomeOf(task.tls.peer('198.18.0.11', 444))).toBe('unreachable connection')
    const later = testTask(open({ recorder }).session, { attempt: 2 })
    const dialled = lab.dialled.length
    expect(await later.tls.peer('old.northwind.example', 443)).toEqual({
      ...peer,
      chain: peer!.chain.map((der) => Buffer.from(der)),
    })
    await later.tls.peer('198.18.0.11', 443)
    expect(await later.tls.peer('198.18.0.11', 22)).toBeUndefined()
    expect(lab.dialled).toHaveLength(dialled)
  })
})

describe('WHOIS', () => {
  test('asks one line and reads to the end, in either encoding', async () => {
    const lines: string[] = []
    lab.stand('198.18.0.21:43', (socket) => {
      socket.once('data', (line) => {
        lines.push(line.toString())
        socket.end(lines.length === 1 ? Buffer.from('owner: Café') : Buffer.from('owner: Café', 'latin1'))
      })
    })
    const { session } = open()
    const task = testTask(session, { contact: 'stored' })
    expect((await task.whois.query('whois.provider.example', 'northwind.example')).text).toBe('owner: Café')
    expect((await task.whois.query('whois.provider.example', 'northwind.example')).text).toBe('owner: Café')
    expect(lines).toEqual(['northwind.example\r\n', 'northwind.example\r\n'])
    expect(await outcomeOf(task.whois.query('whois.provider.example', 'a\r\nb'))).toBe('failed malformed')
  })

  test('an endless answer is cut', async () => {
    lab.stand('198.18.0.21:43', (socket) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', pour)
      pour()
    })
    const { session } = open()
    const { text: answer } = await testTask(session, { contact: 'stored' }).whois.query('whois.provider.example', 'x')
    expect(answer.length).toBe(1_048_576)
  })
})
