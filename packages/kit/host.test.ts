import { Type as t } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from './clock.ts'
import { defineContract, get, Nothing, post, remove } from './contract.ts'
import { startHost } from './host.ts'
import { defineEvent, type EventType } from './event.ts'
import { silentLog } from './log.ts'
import { defineService, on, type Service } from './service.ts'
import { ToyBus } from './testing/bus.ts'
import { openPlayground, type Playground } from './testing/playground.ts'

let ground: Playground
beforeAll(async () => {
  ground = await openPlayground()
})
afterAll(() => ground[Symbol.asyncDispose]())

describe('a host', () => {
  it('lets services call each other over their sockets, each under its own name', async () => {
    expect(await ground.shelf().fetchToy({ id: 'a' })).toEqual({
      toy: { id: 'a', size: 1, tags: ['from the shelf'] },
      asked: 'service shelf',
    })
    await expect(ground.shelf().fetchToy({ id: 'none' })).rejects.toMatchObject({ code: 'toys.not_found' })
  })

  it('delivers events to who listens', async () => {
    expect(ground.bus.subscriptions).toEqual(['shelf:toy.made'])
    await ground.toys().makeToy({ id: 'heard', size: 1 })
    expect((await ground.shelf().listShelf()).items).toContain('heard')
  })

  it('sets aside what a consumer cannot read, under the name of its subscription', async () => {
    await ground.bus.publish([{ name: 'toy.made', workspace: 'default', id: 'bad', body: '{"id":1}' }])
    expect(ground.bus.dead).toMatchObject([{ subscription: 'shelf:toy.made', event: { id: 'bad' } }])
  })

  it('gives each service health, metrics and its own document, without a key', async () => {
    const read = async (path: string): Promise<string> => (await fetch(ground.origin + path)).text()
    expect(JSON.parse(await read('/health/live'))).toEqual({ live: true })
    expect(JSON.parse(await read('/health/ready'))).toEqual({ ready: true })
    await fetch(`${ground.origin}/nothing`)
    expect(await read('/metrics')).toMatch(/^mirage_requests_total\{service="toys",method="GET",status="404"\} \d+$/m)
    const document = JSON.parse(await read('/openapi.json')) as { info: { version: string }; paths: object }
    expect(document.info.version).toBe('1.2.3')
    expect(Object.keys(document.paths)).not.toContain('/api/v1/toys/inside')
  })

  it('stops in the reverse order of its start, and lets nobody in after that', async () => {
    const other = await openPlayground()
    const { origin, seen, bus } = other
    await other[Symbol.asyncDispose]()
    expect(seen.steps).toEqual(['toys start', 'shelf start', 'shelf stop', 'toys stop'])
    expect(bus.subscriptions).toEqual([])
    await expect(fetch(`${origin}/health/live`)).rejects.toThrow('fetch failed')
  })

  it('ends open streams when it stops', async () => {
    const other = await openPlayground()
    const rows = await other.toys().watchToys()
    const ended = Array.fromAsync(rows).catch((error: Error) => error.message)
    await other.host[Symbol.asyncDispose]()
    expect(await ended).toMatch(/terminated|other side closed/)
    await other[Symbol.asyncDispose]()
  })
})

describe('a host of a few services', () => {
  const steps: string[] = []
  const service = (name: string, start: Service['start']): Service =>
    defineService({ contract: defineContract(name, '', {}), settings: t.Object({}), needs: {}, start })
  const starting = (services: Service[], flush?: () => Promise<void>): ReturnType<typeof startHost> =>
    startHost({
      ...(flush ? { flush } : {}),
      services,
      version: '0',
      settings: {},
      port: async () => undefined,
      bus: async () => new ToyBus(),
      addressOf: () => ({ socket: '/nonexistent' }),
      listenAt: () => [{ host: '127.0.0.1', port: 0 }],
      tokens: { issue: async () => '', verify: async () => Promise.reject(new Error('none')) },
      clock: systemClock,
      log: silentLog,
    })

  it('says why, and stops what had started', async () => {
    const good = service('good', async () => ({
      handlers: {},
      async [Symbol.asyncDispose]() {
        steps.push('good stop')
      },
    }))
    const bad = service('bad', async () => {
      throw new Error('no ground under my feet')
    })
    await expect(starting([good, bad])).rejects.toThrow('no ground under my feet')
    expect(steps).toEqual(['good stop'])
  })

  it('has on the disk what a change wrote before it answers, and asks no disk for the rest', async () => {
    const steps: string[] = []
    const contract = defineContract('notes', '', {
      keepNote: post('/notes', { summary: '', permission: 'public', reply: Nothing, status: 204 }),
      dropNote: remove('/notes', { summary: '', permission: 'public', reply: Nothing, status: 204 }),
      findNotes: post('/notes/search', { summary: '', permission: 'public', reply: Nothing, safe: true }),
      readNotes: get('/notes', { summary: '', permission: 'public', reply: Nothing }),
    })
    const handle = (name: string) => () => {
      steps.push(name)
      return {}
    }
    const notes = defineService({
      contract,
      settings: t.Object({}),
      needs: {},
      start: async () => ({
        handlers: {
          keepNote: handle('keep'),
          dropNote: handle('drop'),
          findNotes: handle('find'),
          readNotes: handle('read'),
        },
      }),
    })
    await using host = await starting([notes], async () => void steps.push('flush'))
    const app = host.app('notes')!
    await app.inject({ method: 'POST', url: '/api/v1/notes', payload: {} })
    await app.inject({ method: 'POST', url: '/api/v1/notes/search', payload: {} })
    await app.inject('/api/v1/notes')
    await app.inject({ method: 'DELETE', url: '/api/v1/notes' })
    expect(steps).toEqual(['keep', 'flush', 'find', 'read', 'drop', 'flush'])
  })

  it('stops one service after the other: who started before still answers, and has not been told yet', async () => {
    const told = new Map<string, AbortSignal>()
    const seen: unknown[] = []
    const contract = defineContract('first', '', {
      takeBack: post('/tasks', { summary: '', permission: 'public', reply: Nothing, status: 204 }),
    })
    const first = defineService({
      contract,
      settings: t.Object({}),
      needs: {},
      async start({ signal }) {
        told.set('first', signal)
        return { handlers: { takeBack: () => ({}) } }
      },
    })
    let host: Awaited<ReturnType<typeof startHost>> | undefined
    const second = service('second', async ({ signal }) => ({
      handlers: {},
      async [Symbol.asyncDispose]() {
        const answer = await host!.app('first')!.inject({ method: 'POST', url: '/api/v1/tasks', payload: {} })
        seen.push(answer.statusCode, signal.aborted, told.get('first')!.aborted)
      },
    }))
    host = await starting([first, second])
    await host[Symbol.asyncDispose]()
    expect(seen).toEqual([204, true, false])
    expect(told.get('first')!.aborted).toBe(true)
  })

  it('shows a service that is not well as not ready', async () => {
    const ill = service('ill', async () => ({ handlers: {}, health: async () => ({ ready: false, detail: 'a cold' }) }))
    await using host = await starting([ill])
    const answer = await host.app('ill')!.inject('/health/ready')
    expect([answer.statusCode, answer.json()]).toEqual([503, { ready: false, detail: 'a cold' }])
    expect(host.app('well')).toBeUndefined()
  })
})

describe('a subscription that lost events', () => {
  const said = defineEvent('said', t.Object({ word: t.String() }))

  async function startReader(rebuild: () => Promise<void>, rebuildNow = false) {
    const bus = new ToyBus()
    let caughtUp: (event: EventType) => Promise<void> = async () => undefined
    const reader: Service = defineService({
      contract: defineContract('reader', '', {}),
      settings: t.Object({}),
      needs: {},
      async start(given) {
        caughtUp = given.caughtUp
        return { handlers: {}, consumes: [on(said, async () => undefined, { rebuild, rebuildNow })] }
      },
    })
    const host = await startHost({
      services: [reader],
      version: '0',
      settings: {},
      port: async () => undefined,
      bus: async () => bus,
      addressOf: () => ({ socket: '/nonexistent' }),
      listenAt: () => [{ host: '127.0.0.1', port: 0 }],
      tokens: { issue: async () => '', verify: async () => Promise.reject(new Error('none')) },
      clock: systemClock,
      log: silentLog,
    })
    return { bus, host, caughtUp: () => caughtUp(said) }
  }

  it('is rebuilt, again when it fails and when more is lost meanwhile, before it says so', async () => {
    let rebuilds = 0
    const { bus, host, caughtUp } = await startReader(async () => {
      rebuilds++
      if (rebuilds === 1) throw new Error('the owner is away')
      if (rebuilds === 2) bus.lose('reader:said')
    })
    await using _host = host
    await caughtUp()
    expect(rebuilds).toBe(0)
    bus.lose('reader:said')
    await caughtUp()
    expect(rebuilds).toBe(3)
    expect(bus.rebuiltOnes.at(-1)).toBe('reader:said')
  })

  it('rebuilds at its start when its service has nothing yet', async () => {
    let rebuilds = 0
    const { host, caughtUp } = await startReader(async () => void rebuilds++, true)
    await using _host = host
    await caughtUp()
    expect(rebuilds).toBe(1)
  })

  it('is not tried for ever by a service that stops, and whoever waits for it is told', async () => {
    const { bus, host, caughtUp } = await startReader(() => Promise.reject(new Error('the owner is away')))
    bus.lose('reader:said')
    const told = caughtUp().catch((error: Error) => error.message)
    await host[Symbol.asyncDispose]()
    expect(await told).toBe('the service stops')
    expect(bus.rebuiltOnes).toEqual([])
  })
})
