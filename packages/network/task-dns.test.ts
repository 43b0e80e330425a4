import { streamEncode } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { openDnsEngine } from './dns/engine.ts'
import { startFixtureServer } from './dns/testing/fixture-server.ts'
import { NetworkError } from './error.ts'
import { testEngine } from './testing/engine.ts'
import { get, testNetwork, testScope, testSession, testTask } from './testing/session.ts'
import { never, outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({
  targets: ['northwind.example', '198.18.0.11'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
    'old.northwind.example A': ['198.18.0.11'],
  },
})

describe('DNS', () => {
  test('an alias to nothing is still an alias in a later attempt', async () => {
    const { session, recorder, engine } = world.open()
    engine.zone['gone.northwind.example CNAME'] = ['gone.azurewebsites.net']
    const questions = [{ name: 'gone.northwind.example', type: 'A' as const }]
    const answers = await Array.fromAsync(testTask(session).dns.resolveMany(questions))
    expect(answers).toMatchObject([
      { status: 'NXDOMAIN', records: [{ type: 'CNAME', data: 'gone.azurewebsites.net' }] },
    ])
    expect(
      await Array.fromAsync(testTask(world.open({ recorder }).session, { attempt: 2 }).dns.resolveMany(questions)),
    ).toEqual(answers)
  })

  test('answers come with the frame that holds them, and a later attempt asks nothing again', async () => {
    const { session, recorder, engine } = world.open()
    const task = testTask(session)
    const names = ['www', 'nope', 'old', 'mail'].map((label) => ({
      name: `${label}.northwind.example`,
      type: 'A' as const,
    }))
    const answers = await Array.fromAsync(task.dns.resolveMany(names))
    expect(answers.map(({ status }) => status)).toEqual(['NOERROR', 'NXDOMAIN', 'NOERROR', 'NXDOMAIN'])
    expect(recorder.frames.map(({ count }) => count)).toEqual([4])
    for (const { exchange } of answers) expect(exchange).toBe(recorder.frames[0]!.id)
    const asked = engine.asked.length
    const later = world.open({ recorder })
    const replayed = await Array.fromAsync(testTask(later.session, { attempt: 2 }).dns.resolveMany(names))
    expect(replayed).toEqual(
      answers.map((answer) => (answer.status === 'NXDOMAIN' ? { ...answer, server: '' } : answer)),
    )
    expect(later.engine.asked).toEqual([])
    expect(asked).toBe(4)
  })

  test('a thousand answers are a row, and a single one does not wait for more', async () => {
    const { session, recorder } = world.open()
    const task = testTask(session)
    async function* names() {
      for (let i = 0; i < 2_500; i++) yield { name: `n${i}.northwind.example`, type: 'A' as const }
    }
    expect(await Array.fromAsync(task.dns.resolveMany(names()))).toHaveLength(2_500)
    expect(Math.max(...recorder.frames.map(({ count }) => count))).toBe(1_000)
    expect(recorder.frames.length).toBeLessThan(20)
    await task.dns.resolve('www.northwind.example', 'A')
    expect(recorder.frames.at(-1)!.count).toBe(1)
  })

  test('an excluded name is refused and the others are answered', async () => {
    const { session, engine } = world.open({ scope: testScope(['northwind.example'], ['shop.northwind.example']) })
    const task = testTask(session)
    const names = ['shop', 'www'].map((label) => ({ name: `${label}.northwind.example`, type: 'A' as const }))
    const answers = await Array.fromAsync(task.dns.resolveMany(names))
    expect(answers.map(({ name, status }) => `${name} ${status}`).toSorted()).toEqual([
      'shop.northwind.example REFUSED',
      'www.northwind.example NOERROR',
    ])
    expect(await outcomeOf(task.dns.resolve('shop.northwind.example', 'A'))).toBe('out-of-scope excluded')
    expect(engine.asked.filter((question) => question.startsWith('shop'))).toEqual([])
  })

  test('a name outside the public DNS is told to nobody, and the others are answered', async () => {
    const engine = testEngine({ 'www.northwind.example A': ['93.184.216.34'] })
    await using session = testSession(testNetwork({ engine }), { scope: testScope(['northwind.example']) })
    const task = testTask(session)
    const hidden = ['mail.local', 'dc1.corp', 'x.onion', 'x.alt', '1.0.0.10.in-addr.arpa']
    const names = [...hidden, 'www.northwind.example'].map((name) => ({ name, type: 'A' as const }))
    const answers = await Array.fromAsync(task.dns.resolveMany(names))
    expect(answers.map(({ name, status }) => `${name} ${status}`)).toEqual([
      ...hidden.map((name) => `${name} REFUSED`),
      'www.northwind.example NOERROR',
    ])
    for (const name of hidden)
      expect(await task.dns.resolve(name, 'A')).toMatchObject({ status: 'REFUSED', records: [] })
    expect(await outcomeOf(task.request(get('http://dc1.corp/', { contact: 'stored' }), never))).toBe(
      'out-of-scope special-name',
    )
    expect(engine.asked).toEqual(['www.northwind.example A'])
  })

  test('silence is an answer but not a record', async () => {
    const { session, recorder, engine } = world.open()
    engine.zone['slow.northwind.example A'] = 'TIMEOUT'
    const answer = await testTask(session).dns.resolve('slow.northwind.example', 'A')
    expect(answer).toMatchObject({ status: 'TIMEOUT', records: [] })
    expect(recorder.frames).toEqual([])
  })

  test('a spent budget ends the answers after those that were asked for', async () => {
    const { session } = world.open()
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
    const { session, recorder, engine } = world.open()
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
    const { session, recorder } = world.open()
    const labels = ['www', 'mail', 'old', 'ftp', 'WWW ', '']
    const names = (await Array.fromAsync(testTask(session).dns.guess('Northwind.example.', labels))).map(
      ({ name }) => name,
    )
    expect(names.toSorted()).toEqual(['old.northwind.example', 'www.northwind.example'])
    const later = world.open({ recorder })
    const again = (
      await Array.fromAsync(testTask(later.session, { attempt: 2 }).dns.guess('northwind.example', labels))
    ).map(({ name }) => name)
    expect(again.toSorted()).toEqual(names.toSorted())
    expect(later.engine.asked).toEqual([])
  })

  test('are not made in a passive run', async () => {
    const { session, engine } = world.open({ ceiling: 'stored' })
    expect(await outcomeOf(Array.fromAsync(testTask(session).dns.guess('northwind.example', ['www'])))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(await outcomeOf(testTask(session).dns.isWildcard('northwind.example', 'A'))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(engine.asked).toEqual([])
  })

  test('leave out what a wildcard makes up', async () => {
    const { session, engine } = world.open()
    const zone = engine.zone
    // Every name below `wild` exists.
    engine.zone = new Proxy(zone, {
      get: (zone, key) => (String(key).endsWith('.wild.northwind.example A') ? ['198.18.0.40'] : zone[String(key)]),
    })
    const task = testTask(session)
    expect(await task.dns.isWildcard('wild.northwind.example', 'A')).toBe(true)
    expect(await task.dns.isWildcard('northwind.example', 'A')).toBe(false)
    expect(await Array.fromAsync(task.dns.guess('wild.northwind.example', ['www', 'mail']))).toEqual([])
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
    world.lab.stand(at, (socket) => {
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
    const { session, recorder, engine } = world.open()
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
    const dialled = world.lab.dialled.length
    const later = testTask(world.open({ recorder }).session, { attempt: 2 })
    expect(await later.dns.transfer('northwind.example', 'ns.hoster.example')).toEqual(zone)
    expect(await later.dns.transfer('northwind.example', 'ns2.hoster.example')).toBeUndefined()
    expect(world.lab.dialled).toHaveLength(dialled)
  })

  test('is asked of nobody else, and for no other zone', async () => {
    const { session, engine } = world.open()
    engine.zone['northwind.example NS'] = ['ns.hoster.example']
    engine.zone['ns.hoster.example A'] = ['198.18.0.53']
    const task = testTask(session)
    expect(await outcomeOf(task.dns.transfer('northwind.example', 'ns.other.example'))).toBe(
      'out-of-scope not-in-scope',
    )
    expect(await outcomeOf(task.dns.transfer('northwind.example', '198.18.0.99'))).toBe('out-of-scope not-in-scope')
    expect(await outcomeOf(task.dns.transfer('hoster.example', 'ns.hoster.example'))).toBe('out-of-scope not-in-scope')
    const quiet = testTask(world.open({ ceiling: 'relayed' }).session)
    expect(await outcomeOf(quiet.dns.transfer('northwind.example', 'ns.hoster.example'))).toBe(
      'out-of-scope contact-ceiling',
    )
    expect(world.lab.dialled).toEqual([])
  })
})

test('the real engine asks the lab’s resolver through the dial map, for modules and for the dialer', async () => {
  await using server = await startFixtureServer(({ name, type }) =>
    name === 'www.northwind.example' && type === 'A'
      ? { answers: [{ name, type: 'A', ttl: 60, data: '198.18.0.10' }] }
      : { rcode: name === 'www.northwind.example' ? 0 : 3 },
  )
  await using engine = openDnsEngine()
  const dialMap = { ...world.lab.dialMap, udp: { '198.18.0.53:53': `127.0.0.1:${server.port}` } }
  await using session = testSession(testNetwork({ engine }), { scope: testScope(['northwind.example']), dialMap })
  world.lab.http('198.18.0.10:80', (_request, response) => response.end('found'))
  const task = testTask(session)
  const answer = await task.request(get('http://www.northwind.example/'), never)
  expect(answer.address).toBe('198.18.0.10')
  expect(await task.dns.resolve('www.northwind.example', 'A')).toMatchObject({
    status: 'NOERROR',
    server: '198.18.0.53',
  })
  const guessed = await Array.fromAsync(task.dns.guess('northwind.example', ['www', 'mail', 'ftp']))
  expect(guessed.map(({ name }) => name)).toEqual(['www.northwind.example'])
  expect(server.asked.length).toBeGreaterThan(0)
  // A module that asks on while all is being closed hears that it was stopped, which is no fault: it is tried again.
  const closed = session[Symbol.asyncDispose]()
  expect(await outcomeOf(task.dns.resolve('next.northwind.example', 'A'))).toBe('cancelled cancelled')
  expect(await outcomeOf(Array.fromAsync(task.dns.guess('northwind.example', ['next'])))).toBe('cancelled cancelled')
  await closed
})
