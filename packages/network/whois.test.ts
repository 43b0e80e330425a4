import { describe, expect, test } from 'vitest'
import { testTask } from './testing/session.ts'
import { outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({
  targets: ['northwind.example', '198.18.0.11'],
  zone: {
    'whois.provider.example A': ['198.18.0.21'],
  },
})

describe('WHOIS', () => {
  test('asks one line and reads to the end, in either encoding', async () => {
    const lines: string[] = []
    world.lab.stand('198.18.0.21:43', (socket) => {
      socket.once('data', (line) => {
        lines.push(line.toString())
        socket.end(lines.length === 1 ? Buffer.from('owner: Café') : Buffer.from('owner: Café', 'latin1'))
      })
    })
    const { session } = world.open()
    const task = testTask(session, { contact: 'stored' })
    expect((await task.whois.query('whois.provider.example', 'northwind.example')).text).toBe('owner: Café')
    expect((await task.whois.query('whois.provider.example', 'northwind.example')).text).toBe('owner: Café')
    expect(lines).toEqual(['northwind.example\r\n', 'northwind.example\r\n'])
    expect(await outcomeOf(task.whois.query('whois.provider.example', 'a\r\nb'))).toBe('failed malformed')
  })

  test('an endless answer is cut', async () => {
    world.lab.stand('198.18.0.21:43', (socket) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', pour)
      pour()
    })
    const { session } = world.open()
    const { text: answer } = await testTask(session, { contact: 'stored' }).whois.query('whois.provider.example', 'x')
    expect(answer.length).toBe(1_048_576)
  })
})
