import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { eventually } from '@mirage/ports/conformance.ts'
import { describe, expect, it } from 'vitest'

function startEcho(folder: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'bus-echo.ts'), join(folder, 'bus.db'), join(folder, 'echo.db')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child))
    child.once('exit', () => reject(new Error('the other process ended')))
  })
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

function pings(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({ name: 'ping', workspace: 'w', id: `${from + i}`, body: '{}' }))
}

describe('one log, two processes', () => {
  it('hear each other, also when one is killed and comes back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mirage-shared-'))
    const bus = await openSqliteBus({
      path: join(folder, 'bus.db'),
      offsets: join(folder, 'own.db'),
      now: () => Date.now(),
    })
    let echo = await startEcho(folder)
    try {
      const answered = new Set<string>()
      await bus.subscribe({ name: 'count', events: ['pong'] }, async (events) => {
        for (const { id } of events) answered.add(id)
      })
      let sent = 0
      for (let round = 0; round < 4; round++) {
        const publishing = Promise.all(
          Array.from({ length: 20 }, async () => {
            const from = (sent += 10) - 10
            await bus.publish(pings(from, 10))
          }),
        )
        if (round === 1) await killed(echo)
        await publishing
        if (round === 1) echo = await startEcho(folder)
        await eventually('every ping is answered', () => answered.size === sent)
      }
      await eventually('nothing waits', async () =>
        (await bus.states()).every(({ name, lag }) => name === 'echo' || lag === 0),
      )
      expect((await bus.states()).map(({ name, rebuild }) => ({ name, rebuild }))).toEqual([
        { name: 'count', rebuild: false },
        { name: 'echo', rebuild: false },
      ])
    } finally {
      await killed(echo)
      await bus[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('tells a consumer of another process that the log was lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mirage-shared-'))
    const options = { path: join(folder, 'bus.db'), offsets: join(folder, 'own.db'), now: () => Date.now() }
    const echo = await startEcho(folder)
    try {
      const before = await openSqliteBus(options)
      await before.publish(pings(0, 5))
      await eventually('the echo has read', async () => (await before.states()).every(({ lag }) => lag === 0))
      await before[Symbol.asyncDispose]()
      await killed(echo)
      for (const end of ['', '-wal', '-shm']) await rm(`${options.path}${end}`, { force: true })
      const again = await startEcho(folder)
      const after = await openSqliteBus(options)
      expect((await after.states()).find(({ name }) => name === 'echo')).toMatchObject({ rebuild: true })
      await killed(again)
      await after[Symbol.asyncDispose]()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
