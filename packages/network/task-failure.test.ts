import { describe, expect, test } from 'vitest'
import { get, testTask } from './testing/session.ts'
import { never, outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({
  targets: ['northwind.example', '198.18.0.11'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
    'old.northwind.example A': ['198.18.0.11'],
  },
})

test('what brought no answer is told of the task, whatever its module makes of it', async () => {
  const { session, recorder, engine } = world.open()
  engine.zone['mute.northwind.example A'] = 'TIMEOUT'
  const task = testTask(session)
  await task.dns.resolve('www.northwind.example', 'A')
  await task.dns.resolve('nope.northwind.example', 'A')
  expect([...task.unanswered]).toEqual([])
  await task.dns.resolve('mute.northwind.example', 'A')
  expect([...task.unanswered]).toEqual(['mute.northwind.example'])
  // Who refuses a connection has answered, as has the DNS that knows no address.
  await outcomeOf(task.request(get('http://www.northwind.example/'), never))
  await outcomeOf(task.request(get('http://nope.northwind.example/'), never))
  expect([...task.unanswered]).toEqual(['mute.northwind.example'])
  world.lab.stand('198.18.0.11:80', (socket) => void socket.destroy())
  await outcomeOf(task.request(get('http://old.northwind.example/'), never))
  expect([...task.unanswered]).toEqual(['mute.northwind.example', ''])
  const host = testTask(session)
  await outcomeOf(host.request(get('http://mute.northwind.example/'), never))
  expect([...host.unanswered]).toEqual(['mute.northwind.example'])
  const refused = testTask(world.open({ recorder }).session)
  await outcomeOf(refused.request(get('http://elsewhere.example/'), never))
  expect([...refused.unanswered]).toEqual([])
})

describe('a DNS thread that dies', () => {
  test('is the fault of no task: what it was asked counts for nothing, and the run goes on with another', async () => {
    const { session, engine } = world.open()
    await testTask(session).dns.resolve('www.northwind.example', 'A')
    const underWay = testTask(session)
    async function* names() {
      yield { name: 'www.northwind.example', type: 'A' as const }
      engine.die()
      yield { name: 'old.northwind.example', type: 'A' as const }
    }
    await expect(Array.fromAsync(underWay.dns.resolveMany(names()))).rejects.toThrow('The DNS thread failed')
    expect(underWay.trouble).toMatchObject({ code: 'dns.engine_failed' })
    const next = testTask(session)
    expect((await next.dns.resolve('www.northwind.example', 'A')).status).toBe('NOERROR')
    expect(next.trouble).toBeUndefined()
  })

  test('while a host is looked up neither', async () => {
    const { session, engine } = world.open()
    const dead = Promise.withResolvers<void>()
    engine.held = dead.promise
    const task = testTask(session)
    const asked = task.request(get('http://www.northwind.example/'), never)
    asked.catch(() => {}) // heard below
    await expect.poll(() => engine.asked.length).toBeGreaterThan(0)
    engine.die()
    dead.resolve()
    await expect(asked).rejects.toThrow('The DNS thread failed')
    expect(task.trouble).toMatchObject({ code: 'dns.engine_failed' })
  })
})
