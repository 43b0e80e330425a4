import { describe, expect, test } from 'vitest'
import { NetworkError } from './error.ts'
import { testTask } from './testing/session.ts'
import { outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({
  targets: ['northwind.example', '198.18.0.11'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
  },
})

describe('ports', () => {
  test('are open with what they say, closed, or filtered; a later attempt tries none of them again', async () => {
    world.lab.stand('198.18.0.11:22', (socket) => socket.write('SSH-2.0-lab\r\n'))
    world.lab.stand('198.18.0.11:80', (socket) => socket.resume())
    world.lab.stand('198.18.0.11:81', 'silent')
    const { session, recorder } = world.open()
    // More than are tried at the same time.
    const ports = [22, 80, 81, 82, ...Array.from({ length: 100 }, (_, i) => 1000 + i)]
    const found = await Array.fromAsync(testTask(session).tcp.scan('198.18.0.11', ports))
    found.sort((a, b) => a.port - b.port)
    expect(found).toHaveLength(ports.length)
    const named = found.filter(({ port }) => port < 1000)
    expect(named.map(({ port, state, banner }) => [port, state, banner && Buffer.from(banner).toString()])).toEqual([
      [22, 'open', 'SSH-2.0-lab\r\n'],
      [80, 'open', undefined],
      [81, 'filtered', undefined],
      [82, 'closed', undefined],
    ])
    const dialled = world.lab.dialled.length
    const replayed = await Array.fromAsync(
      testTask(world.open({ recorder }).session, { attempt: 2 }).tcp.scan('198.18.0.11', ports),
    )
    replayed.sort((a, b) => a.port - b.port)
    expect(replayed).toEqual(found)
    expect(world.lab.dialled).toHaveLength(dialled)
  })

  test('that are silent are tried once more', async () => {
    world.lab.stand('198.18.0.11:22', 'silent')
    world.lab.stand('198.18.0.11:81', 'silent')
    const found = Array.fromAsync(testTask(world.open().session).tcp.scan('198.18.0.11', [22, 81, 82]))
    await expect.poll(() => world.lab.dialled.length).toBe(3)
    world.lab.stand('198.18.0.11:22', (socket) => socket.write('SSH-2.0-lab\r\n'))
    const states = (await found).map(({ port, state }) => `${port} ${state}`)
    expect(states.toSorted()).toEqual(['22 open', '81 filtered', '82 closed'])
    expect(world.lab.dialled.toSorted()).toEqual([22, 22, 81, 81, 82].map((port) => `198.18.0.11:${port}`))
  })

  test('have said what they said while this process was kept from hearing it', async () => {
    world.lab.stand('198.18.0.11:22', (socket) => {
      // Behind this, timers come before sockets.
      const busy = (): void => {
        socket.write('SSH-2.0-lab\r\n')
        for (const until = performance.now() + 2_000; performance.now() < until;);
      }
      setTimeout(() => setImmediate(busy), 200)
    })
    const [found] = await Array.fromAsync(testTask(world.open().session).tcp.scan('198.18.0.11', [22]))
    expect(found).toMatchObject({ state: 'open', banner: Buffer.from('SSH-2.0-lab\r\n') })
  })

  test('that were answered are told although the budget ends before the others', async () => {
    world.lab.stand('198.18.0.11:22', (socket) => socket.write('SSH-2.0-lab\r\n'))
    world.lab.stand('198.18.0.11:80', (socket) => socket.resume())
    let left = 2
    const spend = (): void => {
      if (left-- === 0) throw new NetworkError({ outcome: 'skipped', reason: 'budget', detail: 'used up' })
    }
    const found: number[] = []
    const read = async (): Promise<void> => {
      const task = testTask(world.open().session, { spend })
      for await (const { port, state } of task.tcp.scan('198.18.0.11', [22, 80, 81]))
        if (state === 'open') found.push(port)
    }
    expect(await outcomeOf(read())).toBe('skipped budget')
    expect(found.toSorted((a, b) => a - b)).toEqual([22, 80])
  })

  test('of an address are tried on behalf of a name in scope that has it', async () => {
    const { session } = world.open()
    const task = testTask(session)
    expect(await outcomeOf(Array.fromAsync(task.tcp.scan('198.18.0.10', [80])))).toBe('out-of-scope not-in-scope')
    expect(
      await outcomeOf(Array.fromAsync(task.tcp.scan('198.18.0.12', [80], { onBehalfOf: 'www.northwind.example' }))),
    ).toBe('out-of-scope not-of-name')
    const found = await Array.fromAsync(task.tcp.scan('198.18.0.10', [80], { onBehalfOf: 'www.northwind.example' }))
    expect(found).toMatchObject([{ port: 80, state: 'closed' }])
  })

  test('are not taken for closed when the lab is away', async () => {
    const { session, recorder } = world.open()
    await world.lab[Symbol.asyncDispose]()
    expect(await outcomeOf(Array.fromAsync(testTask(session).tcp.scan('198.18.0.11', [80])))).toMatch(
      /^cancelled|^unreachable proxy/,
    )
    expect(recorder.frames).toEqual([])
    await world.reopenLab()
  })

  test('are not taken for what a lab makes of them that goes away meanwhile', async () => {
    const { promise: met, resolve: meet } = Promise.withResolvers<void>()
    world.lab.stand('198.18.0.11:22', () => meet())
    world.lab.stand('198.18.0.11:443', () => meet())
    const { session, recorder } = world.open()
    const task = testTask(session)
    const outcomes = [
      outcomeOf(Array.fromAsync(task.tcp.scan('198.18.0.11', [22]))),
      outcomeOf(task.tls.peer('198.18.0.11', 443)),
    ]
    await met
    await world.lab[Symbol.asyncDispose]()
    expect(await Promise.all(outcomes)).toEqual(['cancelled cancelled', 'cancelled cancelled'])
    expect([recorder.frames, [...recorder.exchanges]]).toEqual([[], []])
    expect(session.isCut()).toBe(true)
    await world.reopenLab()
    expect(session.isCut(), 'what was seen in between stays in doubt').toBe(true)
  })
})
