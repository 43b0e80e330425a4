import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type WireAnswer } from './client.ts'
import { openPlayground, type Playground } from './testing/playground.ts'
import { toys } from './testing/toys.ts'

let ground: Playground
beforeAll(async () => {
  ground = await openPlayground()
})
afterAll(() => ground[Symbol.asyncDispose]())

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(rows)
}

/** Waits for something another party does in its own time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('a client', () => {
  it('sends what its input holds and gets what the contract says', async () => {
    const client = ground.toys()
    expect(await client.getToy({ id: 'a/b?c', size: 0, loud: false, tags: ['&', 'ü'] })).toEqual({
      id: 'a/b?c',
      size: 0,
      tags: ['&', 'ü', 'loud=false'],
    })
    expect(await client.makeToy({ id: 'a', size: 1 })).toEqual({ id: 'a', size: 1, tags: [] })
    expect(await client.removeToy({ id: 'a', force: true })).toEqual({})
  })

  it('throws what the service threw', async () => {
    await expect(ground.toys().getToy({ id: 'none' })).rejects.toMatchObject({
      name: 'MirageError',
      code: 'toys.not_found',
      status: 404,
      detail: 'There is no toy “none” here.',
    })
    await expect(ground.toys({ rights: [] }).getToy({ id: 'a' })).rejects.toMatchObject({ code: 'request.forbidden' })
  })

  it('reads a stream of any length row by row', async () => {
    const rows = await all(await ground.toys().streamToys({ count: 5000 }))
    expect(rows.map(({ size }) => size)).toEqual(Array.from({ length: 5000 }, (_, i) => i))
  })

  it('does not take a stream that broke for one that ended', async () => {
    const rows = await ground.toys().streamToys({ count: 100_000, failAt: 50_000 })
    await expect(all(rows)).rejects.toMatchObject({ code: 'toys.not_found', status: 404 })
  })

  it('gets events with their ids, goes on after one, and ends them by its signal', async () => {
    const stop = new AbortController()
    const got: string[] = []
    const before = ground.seen.returned.length
    const rows = await ground.toys().watchToys({}, { lastEventId: '1', signal: stop.signal })
    await expect(
      (async () => {
        for await (const { id, data } of rows) {
          got.push(`${id} ${data.id}`)
          if (got.length === 2) stop.abort()
        }
      })(),
    ).rejects.toThrow('aborted')
    expect(got).toEqual(['2 line\n2', '3 line\n3'])
    await until(() => ground.seen.returned.length > before)
    expect(ground.seen.aborted.length).toBeGreaterThan(0)
  })

  it('gets a document with its type', async () => {
    const { type, body } = await ground.toys().drawToy({ id: 'a' })
    expect(type).toBe('image/svg+xml')
    expect(Buffer.concat(await all(body as AsyncIterable<Uint8Array>)).toString()).toBe('<svg></svg>')
  })

  it('names who broke off a document', async () => {
    const { body } = await ground.toys().drawToy({ id: 'torn' })
    await expect(all(body as AsyncIterable<Uint8Array>)).rejects.toMatchObject({
      code: 'service.broke_off',
      detail: expect.stringContaining('drawToy'),
    })
  })

  it('speaks for a workspace when it is a service', async () => {
    const client = ground.toys({ caller: { kind: 'service', id: 'shelf' } })
    expect(await client.whoAmI({}, { workspace: 'blue' })).toMatchObject({
      kind: 'service',
      id: 'shelf',
      workspace: 'blue',
    })
  })
})

describe('an answer that is not of the contract', () => {
  const answering = (status: number, text: string): ReturnType<typeof createClient<typeof toys>> =>
    createClient(toys, async (): Promise<WireAnswer> => ({
      status,
      headers: {},
      body: (async function* () {
        yield Buffer.from(text)
      })(),
    }))

  it.each(['{"id":"a"}', 'null', '<html>', ''])('is an error that says so: %j', async (text) => {
    await expect(answering(200, text).getToy({ id: 'a' })).rejects.toMatchObject({
      code: 'service.unexpected_answer',
      status: 502,
      detail: expect.stringMatching(/^toys answered getToy with something else than its contract says: /),
    })
  })

  it('is put together where it was cut, in the middle of a letter too', async () => {
    const line = Buffer.from('{"id":"zoë","size":1,"tags":[]}\n{"id":"b","size":2,"tags":[]}')
    const client = createClient(toys, async (): Promise<WireAnswer> => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (const byte of line) yield Uint8Array.of(byte)
      })(),
    }))
    expect((await all(await client.streamToys({ count: 2 }))).map(({ id }) => id)).toEqual(['zoë', 'b'])
  })
})
