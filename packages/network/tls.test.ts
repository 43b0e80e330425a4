import { describe, expect, test } from 'vitest'
import { testTask } from './testing/session.ts'
import { outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({
  targets: ['northwind.example', '198.18.0.11'],
  zone: {
    'old.northwind.example A': ['198.18.0.11'],
  },
})

describe('a TLS peer', () => {
  test('is told from a port without TLS, and both are recorded', async () => {
    world.lab.https('198.18.0.11:443', () => {}, 'nameless')
    world.lab.stand('198.18.0.11:22', (socket) => socket.end('SSH-2.0-lab\r\n'))
    const { session, recorder } = world.open()
    const task = testTask(session)
    const peer = await task.tls.peer('old.northwind.example', 443)
    expect(peer).toMatchObject({ address: '198.18.0.11', untrusted: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(await task.tls.peer('198.18.0.11', 443)).toMatchObject({ address: '198.18.0.11' })
    expect(await task.tls.peer('198.18.0.11', 22)).toBeUndefined()
    expect(await outcomeOf(task.tls.peer('198.18.0.11', 444))).toBe('unreachable connection')
    const later = testTask(world.open({ recorder }).session, { attempt: 2 })
    const dialled = world.lab.dialled.length
    expect(await later.tls.peer('old.northwind.example', 443)).toEqual({
      ...peer,
      chain: peer!.chain.map((der) => Buffer.from(der)),
    })
    await later.tls.peer('198.18.0.11', 443)
    expect(await later.tls.peer('198.18.0.11', 22)).toBeUndefined()
    expect(world.lab.dialled).toHaveLength(dialled)
  })
})
