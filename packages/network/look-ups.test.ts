import { setImmediate as turn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { cancelled } from './error.ts'
import { openPlaces } from './limits/places.ts'
import { get, testTask } from './testing/session.ts'
import { never, testWorld } from './testing/world.ts'

const url = 'http://www.northwind.example/'

let nowMs = 1_000_000
const world = testWorld({
  targets: ['northwind.example'],
  zone: { 'www.northwind.example A': ['198.18.0.10'] },
  ttl: 60,
  now: () => nowMs,
})
beforeEach(() => world.lab.http('198.18.0.10:80', (_request, response) => response.end('hello')))

const www = ['www.northwind.example A', 'www.northwind.example AAAA']

describe('the addresses of a host', () => {
  test('are asked for while nothing is known that holds', async () => {
    const { session, engine } = world.open()
    const task = testTask(session)
    await Promise.all(['1', '2', '3'].map((path) => task.request(get(url + path), never)))
    await testTask(session, { task: 'task_2' }).request(get(url), never)
    expect(engine.asked).toEqual(www)
    nowMs += 60_000
    await task.request(get(url), never)
    expect(engine.asked).toEqual([...www, ...www])
  })

  test('are not asked for again after a restart, whichever task wants them', async () => {
    const { session, recorder } = world.open()
    await testTask(session).request(get(url), never)
    const restarted = world.open({ recorder })
    await testTask(restarted.session, { module: 'crawler', task: '7' }).request(get(url), never)
    expect(restarted.engine.asked).toEqual([])
    nowMs += 60_000
    const late = world.open({ recorder })
    await testTask(late.session).request(get(url), never)
    expect(late.engine.asked).toEqual(www)
  })

  test('that it has not are not asked for again either', async () => {
    const gone = get('http://gone.northwind.example/')
    const { session, recorder, engine } = world.open()
    await expect(testTask(session).request(gone, never)).rejects.toThrow('has no address')
    expect(engine.asked).toHaveLength(2)
    const restarted = world.open({ recorder })
    await expect(testTask(restarted.session).request(gone, never)).rejects.toThrow('has no address')
    expect(restarted.engine.asked).toEqual([])
  })

  test('are recorded before anything is sent to it', async () => {
    const { session, recorder } = world.open()
    recorder.recordFrame = () => Promise.reject(new Error('the store is full'))
    const tasks = ['1', '2'].map((task) => testTask(session, { task }))
    for (const task of tasks) await expect(task.request(get(url), never)).rejects.toThrow('the store is full')
    for (const task of tasks) expect(task.trouble).toMatchObject({ message: 'the store is full' })
    expect(world.lab.dialled).toEqual([])
  })

  test('are looked up for those who still wait, and for nobody no longer', async () => {
    const { session, engine } = world.open()
    const answers = Promise.withResolvers<void>()
    engine.held = answers.promise
    const [leaving, staying] = [new AbortController(), new AbortController()]
    const first = testTask(session, { task: '1', signal: leaving.signal }).request(get(url), leaving.signal)
    const second = testTask(session, { task: '2', signal: staying.signal }).request(get(url), staying.signal)
    while (engine.asked.length < 2) await turn()
    leaving.abort(cancelled())
    await expect(first).rejects.toThrow('The task was stopped.')
    answers.resolve()
    expect((await second).status).toBe(200)
    expect(engine.asked).toEqual(www)
  })
})

describe('the answers of a run', () => {
  test('serve every task after a restart, and hold no longer for it', async () => {
    const { session, recorder } = world.open()
    const question = { name: 'nope.northwind.example', type: 'MX' } as const
    await testTask(session).dns.resolve(question.name, question.type)
    for (let restart = 1; restart <= 3; restart++) {
      nowMs += 19_000
      const { session, engine } = world.open({ recorder })
      const task = testTask(session, { module: 'other', task: `${restart}` })
      const answer = await task.dns.resolve(question.name, question.type)
      expect(answer).toMatchObject({ ...question, status: 'NXDOMAIN', ttl: 60 - 19 * restart })
      expect(answer.exchange).toBe(recorder.frames.at(-1)!.id)
      expect(engine.asked).toEqual([])
    }
    nowMs += 3_000
    const { session: late, engine } = world.open({ recorder })
    await testTask(late).dns.resolve(question.name, question.type)
    expect(engine.asked).toEqual(['nope.northwind.example MX'])
  })

  test('that are not recorded are at most a frame, over all tasks', async () => {
    const { session, recorder, engine } = world.open()
    const { recordFrame } = recorder
    const full = Promise.withResolvers<void>()
    recorder.recordFrame = (frame) => full.promise.then(() => recordFrame(frame))
    async function askMany(task: string): Promise<number> {
      const questions = Array.from(
        { length: 700 },
        (_, i) => ({ name: `${task}-${i}.northwind.example`, type: 'A' }) as const,
      )
      let count = 0
      for await (const _answer of testTask(session, { task }).dns.resolveMany(questions)) count++
      return count
    }
    const asking = Promise.all(['1', '2', '3'].map(askMany))
    while (engine.asked.length < 1_000) await turn()
    for (let i = 0; i < 50; i++) await turn()
    expect(engine.asked).toHaveLength(1_000)
    full.resolve()
    expect(await asking).toEqual([700, 700, 700])
  })

  test('are no hindrance to others while nobody reads them', async () => {
    const { session } = world.open()
    const task = testTask(session)
    const questions = Array.from({ length: 9_000 }, (_, i) => ({ name: `n${i}.northwind.example`, type: 'A' }) as const)
    const answers = task.dns.resolveMany(questions)[Symbol.asyncIterator]()
    await answers.next()
    expect((await task.dns.resolve('www.northwind.example', 'A')).status).toBe('NOERROR')
    let read = 1
    while (!(await answers.next()).done) read++
    expect(read).toBe(9_000)
  })
})

test('places are never more than there are, and everybody who stays gets one', async () => {
  const act = fc.constantFrom('take', 'leave', 'give')
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(act, { maxLength: 60 }), async (limit, acts) => {
      const places = openPlaces(limit)
      const waiting: AbortController[] = []
      let held = 0
      const takers: Promise<void>[] = []
      async function wait(place: Promise<void>, stop: AbortController): Promise<void> {
        waiting.push(stop)
        await place
        waiting.splice(waiting.indexOf(stop), 1)
        held++
      }
      function take(): void {
        const stop = new AbortController()
        const place = places.take(stop.signal)
        if (place === undefined) held++
        else takers.push(wait(place, stop).catch(() => {}))
      }
      for (const act of acts) {
        if (act === 'take') take()
        else if (act === 'leave') waiting.shift()?.abort(new Error('left'))
        else if (held > 0) {
          held--
          places.give()
        }
        await turn()
        expect(held).toBeLessThanOrEqual(limit)
        expect(waiting.length === 0 || held === limit).toBe(true)
      }
      while (waiting.length > 0) {
        held--
        places.give()
        await turn()
      }
      await Promise.all(takers)
    }),
  )
})
