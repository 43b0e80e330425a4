import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import type { Contract } from '@mirage/kit/contract.ts'
import type { Handlers } from '@mirage/kit/contract.ts'
import { MirageError, notFound } from '@mirage/kit/errors.ts'
import { newId } from '@mirage/kit/id.ts'
import { problemOf } from '@mirage/kit/problem.ts'
import { mountRoutes } from '@mirage/kit/routes.ts'
import type { Tokens } from '@mirage/kit/token.ts'
import { correlation } from '@mirage/services/correlation-engine/contract.ts'
import { collection } from '@mirage/services/data-collection/contract.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import { visualization } from '@mirage/services/visualization/contract.ts'

/** Handlers of the operations that a test needs; the others answer that they are not there. */
export interface FakeHandlers {
  scans?: Partial<Handlers<typeof scans>>
  modules?: Partial<Handlers<typeof moduleRegistry>>
  collection?: Partial<Handlers<typeof collection>>
  storage?: Partial<Handlers<typeof storage>>
  correlation?: Partial<Handlers<typeof correlation>>
  views?: Partial<Handlers<typeof visualization>>
}

export interface FakeGateway extends AsyncDisposable {
  url: string
  socket: string
  apiKey: string
  /** `operation input` of every call, in order. */
  calls: { name: string; input: unknown }[]
}

const fakeKey = 'a-key-of-the-tests'

const contracts: [keyof FakeHandlers, Contract][] = [
  ['scans', scans],
  ['modules', moduleRegistry],
  ['collection', collection],
  ['storage', storage],
  ['correlation', correlation],
  ['views', visualization],
]

/** A gateway made from the contracts: real routes, real validation of what goes in and out, handlers of the test. */
export async function startFakeGateway(handlers: FakeHandlers, at: 'port' | 'socket' = 'port'): Promise<FakeGateway> {
  const app = fastify({ forceCloseConnections: true })
  const calls: FakeGateway['calls'] = []
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, request.id)
    return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
  })
  for (const [group, contract] of contracts)
    mountRoutes(app, contract, recorded(contract, handlers[group] ?? {}), { tokens: keyOnly })

  function recorded(contract: Contract, given: object): Record<string, never> {
    const all = Object.keys(contract.operations).map((name) => [
      name,
      (input: unknown, call: unknown) => {
        calls.push({ name, input })
        const handler = (given as Record<string, ((input: unknown, call: unknown) => unknown) | undefined>)[name]
        if (!handler) throw notFound('operations', name)
        return handler(input, call)
      },
    ])
    return Object.fromEntries(all) as Record<string, never> // mountRoutes takes handlers whatever their input
  }

  const socket = join(tmpdir(), `${newId('mirage')}.sock`)
  await app.listen(at === 'port' ? { host: '127.0.0.1', port: 0 } : { path: socket })
  const address = app.server.address()
  return {
    url: typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '',
    socket,
    apiKey: fakeKey,
    calls,
    async [Symbol.asyncDispose]() {
      await app.close()
      await rm(socket, { force: true })
    },
  }
}

const keyOnly: Tokens = {
  issue: async () => fakeKey,
  async verify(token) {
    if (token === fakeKey) return { caller: { kind: 'key', id: 'key_test' }, workspace: 'default', rights: ['*'] }
    throw new MirageError({ code: 'request.unauthenticated', status: 401, detail: 'This key is not valid.' })
  },
}
