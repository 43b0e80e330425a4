import { describe, expect, test } from 'vitest'
import { NetworkError } from './error.ts'
import { get, testNetwork, testScope, testSession, testTask } from './testing/session.ts'
import { never, outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({
  targets: ['northwind.example'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
    'old.northwind.example A': ['198.18.0.11'],
  },
})

describe('stopping', () => {
  test('ends what is under way and closes every connection', async () => {
    world.lab.stand('198.18.0.10:80', (socket) => socket.resume())
    world.lab.stand('198.18.0.11:443', (socket) => socket.resume()) // TLS that never answers
    world.lab.stand('198.18.0.10:81', 'silent')
    const { session } = world.open()
    const task = testTask(session)
    const requests = [
      get('http://www.northwind.example/'),
      get('https://old.northwind.example/'),
      get('http://www.northwind.example:81/'),
    ].map((request) => outcomeOf(task.request(request, never)))
    await expect.poll(() => world.lab.dialled.length).toBe(3)
    await session[Symbol.asyncDispose]()
    expect(await Promise.all(requests)).toEqual(Array(3).fill('cancelled cancelled'))
    await expect.poll(() => world.lab.open).toBe(0)
    expect(await outcomeOf(task.request(get('http://www.northwind.example/'), never))).toBe('cancelled cancelled')
    expect(world.lab.dialled).toHaveLength(3)
  })

  test('a task alone leaves the others', async () => {
    world.lab.stand('198.18.0.10:80', (socket) => socket.resume())
    world.lab.http('198.18.0.11:80', (_request, response) => response.end('ok'))
    const { session } = world.open()
    const controller = new AbortController()
    const stopped = outcomeOf(
      testTask(session, { signal: controller.signal }).request(get('http://www.northwind.example/'), never),
    )
    await expect.poll(() => world.lab.dialled.length).toBe(1)
    controller.abort(new NetworkError({ outcome: 'cancelled', reason: 'cancelled', detail: 'paused' }))
    expect(await stopped).toBe('cancelled cancelled')
    expect((await testTask(session).request(get('http://old.northwind.example/'), never)).status).toBe(200)
  })

  test('is no answer, whatever the reason for it', async () => {
    world.lab.stand('198.18.0.10:443', (socket) => socket.resume()) // TLS that never answers
    world.lab.stand('198.18.0.10:43', (socket) => socket.resume())
    world.lab.stand('198.18.0.11:443', 'silent')
    const { session, recorder } = world.open()
    const controller = new AbortController()
    const task = testTask(session, { signal: controller.signal })
    const underWay = [
      task.tls.peer('www.northwind.example', 443),
      task.tls.peer('old.northwind.example', 443),
      task.request(get('https://www.northwind.example/'), controller.signal),
      task.whois.query('www.northwind.example', 'northwind.example'),
    ].map((work) => outcomeOf(work))
    await expect.poll(() => world.lab.dialled.length).toBe(4)
    controller.abort(new Error('the lease was taken back'))
    expect(await Promise.all(underWay)).toEqual(Array(4).fill('cancelled cancelled'))
    expect(recorder.exchanges.size).toBe(0)
  })

  test('a new policy uses no connection of the old one', async () => {
    world.lab.http('198.18.0.10:80', (_request, response) => response.end('ok'))
    const { session, recorder, engine } = world.open()
    await testTask(session).request(get('http://www.northwind.example/'), never)
    const next = testSession(testNetwork({ recorder, engine }), {
      scope: testScope(['northwind.example'], ['www.northwind.example']),
      dialMap: world.lab.dialMap,
      generation: 2,
    })
    expect(await outcomeOf(testTask(next).request(get('http://www.northwind.example/'), never))).toBe(
      'out-of-scope excluded',
    )
    const later = testSession(testNetwork({ recorder, engine }), {
      scope: testScope(['northwind.example']),
      dialMap: world.lab.dialMap,
      generation: 3,
    })
    await testTask(later, { task: 'other' }).request(get('http://www.northwind.example/'), never)
    expect(world.lab.dialled).toHaveLength(2)
    await next[Symbol.asyncDispose]()
    await later[Symbol.asyncDispose]()
  })
})
