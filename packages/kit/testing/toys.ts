import { type Static, Type as t } from 'typebox'
import {
  bytes,
  type Call,
  defineContract,
  events,
  get,
  Nothing,
  patch,
  post,
  put,
  remove,
  stream,
} from '../contract.ts'
import { notFound } from '../errors.ts'
import { announcement, defineEvent } from '../event.ts'
import { defineService, on, type Service } from '../service.ts'

/** Two services that use everything a contract can say. */

export const Toy = t.Object({ id: t.String(), size: t.Integer({ minimum: 0 }), tags: t.Array(t.String()) })
type Toy = Static<typeof Toy>

export const toyMade = defineEvent('toy.made', t.Object({ id: t.String(), size: t.Integer() }))

export const toys = defineContract('toys', 'Toys.', {
  getToy: get('/toys/{id}', {
    summary: 'A toy as it was asked for.',
    permission: 'toys:read',
    input: {
      id: t.String(),
      size: t.Optional(t.Integer({ minimum: 0, description: 'How large.' })),
      loud: t.Optional(t.Boolean()),
      tags: t.Optional(t.Array(t.String())),
    },
    reply: Toy,
    errors: ['toys.not_found'],
  }),
  makeToy: post('/toys', {
    summary: 'A new toy.',
    permission: 'toys:write',
    input: { id: t.String(), size: t.Integer({ minimum: 0 }) },
    reply: Toy,
    status: 201,
    bodyLimit: 4096,
  }),
  changeToy: patch('/toys/{id}', {
    summary: 'Another size.',
    permission: 'toys:write',
    input: { id: t.String(), size: t.Integer() },
    reply: Toy,
  }),
  putToy: put('/toys/{id}', {
    summary: 'This toy.',
    permission: 'toys:write',
    input: { id: t.String(), size: t.Integer() },
    reply: Nothing,
    status: 204,
  }),
  removeToy: remove('/toys/{id}', {
    summary: 'No toy.',
    permission: 'toys:admin',
    input: { id: t.String(), force: t.Optional(t.Boolean()) },
    reply: Nothing,
    status: 204,
  }),
  streamToys: post('/toys/stream', {
    summary: 'Toys in a row.',
    permission: 'toys:read',
    input: { count: t.Integer(), failAt: t.Optional(t.Integer()) },
    reply: stream(Toy),
    safe: true,
  }),
  watchToys: get('/toys/events', { summary: 'Toys as they come.', permission: 'toys:read', reply: events(Toy) }),
  drawToy: get('/toys/{id}/picture', {
    summary: 'A picture.',
    permission: 'toys:read',
    input: { id: t.String() },
    reply: bytes('image/svg+xml'),
  }),
  breakToy: get('/toys/{id}/break', {
    summary: 'Breaks, or answers what its contract does not say.',
    permission: 'toys:read',
    input: { id: t.String() },
    reply: Toy,
  }),
  whoAmI: get('/toys/me', {
    summary: 'Who calls.',
    permission: 'public',
    reply: t.Object({ kind: t.String(), id: t.String(), workspace: t.String(), trace: t.String() }),
  }),
  tellService: get('/toys/inside', { summary: 'For services.', permission: 'service', reply: Nothing }),
})

export const shelf = defineContract('shelf', 'Where toys stand.', {
  listShelf: get('/shelf', {
    summary: 'What was heard of.',
    permission: 'shelf:read',
    reply: t.Object({ items: t.Array(t.String()) }),
  }),
  fetchToy: get('/shelf/{id}', {
    summary: 'A toy, asked of the other service.',
    permission: 'shelf:read',
    input: { id: t.String() },
    reply: t.Object({ toy: Toy, asked: t.String() }),
  }),
})

/** What a toy service saw, for the test to look at. */
export interface Seen {
  aborted: string[]
  returned: string[]
  steps: string[]
}

export function toyService(seen: Seen): Service {
  return defineService({
    contract: toys,
    settings: t.Object({}),
    needs: {},
    async start({ announce }) {
      seen.steps.push('toys start')
      const toy = (id: string, size = 1, tags: string[] = []): Toy => ({ id, size, tags })
      return {
        handlers: {
          getToy: ({ id, size, loud, tags }) => {
            if (id === 'none') throw notFound('toys', id)
            return toy(id, size, [...(tags ?? []), ...(loud === undefined ? [] : [`loud=${String(loud)}`])])
          },
          makeToy: async ({ id, size }) => {
            await announce([announcement(toyMade, 'default', id, { id, size })])
            return toy(id, size)
          },
          changeToy: ({ id, size }) => toy(id, size),
          putToy: () => ({}),
          removeToy: () => ({}),
          async *streamToys({ count, failAt }) {
            for (let i = 0; i < count; i++) {
              if (i === failAt) throw notFound('toys', String(i))
              yield toy(`t${i}`, i)
            }
          },
          async *watchToys(_input, call) {
            yield* watch(call, seen)
          },
          drawToy: ({ id }) => ({
            type: 'image/svg+xml',
            name: `a "${id}".svg`,
            body: (async function* () {
              yield '<svg>'
              if (id === 'torn') {
                // Not before the first piece has left.
                await new Promise((resume) => setTimeout(resume, 20))
                throw new Error('torn')
              }
              yield new TextEncoder().encode('</svg>')
            })(),
          }),
          breakToy: ({ id }) => {
            if (id === 'bug') throw new TypeError('a secret that must not leave')
            return { id } as never
          },
          whoAmI: (_input, { caller, workspace, trace }) => ({ ...caller, workspace, trace }),
          tellService: () => ({}),
        },
        async [Symbol.asyncDispose]() {
          seen.steps.push('toys stop')
        },
      }
    },
  })
}

/** Events from the one asked for on, and then silence until the caller goes. */
async function* watch(call: Call, seen: Seen): AsyncIterable<{ id: string; data: Toy }> {
  try {
    for (let i = Number(call.lastEventId ?? 0) + 1; i <= 3; i++)
      yield { id: String(i), data: { id: `line\n${i}`, size: i, tags: [] } }
    await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve(), { once: true }))
    seen.aborted.push('watch')
  } finally {
    seen.returned.push('watch')
  }
}

export function shelfService(seen: Seen): Service {
  return defineService({
    contract: shelf,
    settings: t.Object({}),
    needs: { toys },
    async start({ toys }) {
      seen.steps.push('shelf start')
      const heard: string[] = []
      return {
        handlers: {
          listShelf: () => ({ items: heard }),
          fetchToy: async ({ id }) => {
            const toy = await toys.getToy({ id, tags: ['from the shelf'] })
            const { kind, id: who } = await toys.whoAmI()
            return { toy, asked: `${kind} ${who}` }
          },
        },
        consumes: [
          on(toyMade, async (batch) => {
            for (const { payload } of batch) heard.push(payload.id)
          }),
        ],
        async [Symbol.asyncDispose]() {
          seen.steps.push('shelf stop')
        },
      }
    },
  }) as unknown as Service // its own needs and types; the host gives each what it names
}
