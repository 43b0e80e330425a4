import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { systemClock } from '@mirage/kit/clock.ts'
import { defineContract, events, get, Nothing, post, stream } from '@mirage/kit/contract.ts'
import type { Address } from '@mirage/kit/dispatch.ts'
import { type Host, type HostBus, startHost } from '@mirage/kit/host.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { defineService, type Service } from '@mirage/kit/service.ts'
import { openTokens } from '@mirage/kit/token.ts'
import { auth } from '@mirage/services/auth/contract.ts'
import { authService } from '@mirage/services/auth/service.ts'
import { Type as t } from 'typebox'
import type { Front } from '../contract.ts'
import { apiGateway } from '../service.ts'

/** The gateway before auth, a service of its own thread (near), one of another process (far) and one that is dead. */

export const ownerKey = 'mirage_owner'
export const near = defineContract('near', 'In this thread.', {
  getNear: get('/near/{id}', {
    summary: 'x',
    permission: 'near:read',
    input: { id: t.String(), loud: t.Optional(t.Boolean()) },
    reply: t.Object({ id: t.String(), caller: t.String(), rights: t.Array(t.String()) }),
  }),
  makeNear: post('/near', {
    summary: 'x',
    permission: 'near:write',
    input: { text: t.String() },
    reply: t.Object({ length: t.Integer() }),
    status: 201,
  }),
  watchNear: get('/near/{id}/events', {
    summary: 'x',
    permission: 'near:read',
    input: { id: t.String() },
    reply: events(t.Object({ n: t.Integer() })),
  }),
  innerNear: get('/near/inner', { summary: 'x', permission: 'service', reply: Nothing }),
})
export const far = defineContract('far', 'Elsewhere.', {
  sendFar: post('/far', { summary: 'x', permission: 'far:write', reply: stream(t.Object({})) }),
  readFar: get('/far', { summary: 'x', permission: 'far:read', reply: stream(t.Object({})) }),
})
export const dead = defineContract('dead', 'Away.', {
  getDead: get('/dead', { summary: 'x', permission: 'far:read', reply: Nothing }),
})

function nearService(ended: string[]): Service {
  return defineService({
    contract: near,
    settings: t.Object({}),
    needs: {},
    start: async () => ({
      handlers: {
        getNear: ({ id }, { caller, rights }) => ({ id, caller: `${caller.kind} ${caller.id}`, rights }),
        makeNear: ({ text }) => ({ length: text.length }),
        async *watchNear(_input, { signal }) {
          yield { id: '1', data: { n: 1 } }
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
          ended.push('near')
        },
        innerNear: () => ({}),
      },
    }),
  })
}

export interface Gateway extends AsyncDisposable {
  /** The owner's key is sent unless another is given, none for an empty one. */
  ask(path: string, options?: RequestInit & { key?: string; duplex?: 'half' }): Promise<Response>
  /** What the far service is asked, with the answer in the hands of the test. */
  asked: { request: IncomingMessage; answer(text: string): void; end(): void }[]
  /** Which services saw a caller go. */
  ended: string[]
  /** How often auth was asked about a key. */
  verified: number
  authIsAway: boolean
  origin: string
  directory: string
}

export async function openGateway(): Promise<Gateway> {
  const directory = mkdtempSync(join(tmpdir(), 'mirage-gateway-'))
  const sql = await openSqliteSql({ path: join(directory, 'auth.db') })
  const ended: string[] = []
  const asked: Gateway['asked'] = []
  const elsewhere = createServer((request, response) => {
    response.setHeader('content-type', 'application/x-ndjson')
    response.flushHeaders()
    asked.push({ request, answer: (text) => response.write(text), end: () => response.end() })
    response.once('close', () => ended.push('far'))
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  const farOrigin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
  const tokens = openTokens(new Uint8Array(32), systemClock)
  const socketOf = (service: string): string => join(directory, `${service}.sock`)
  const addressOf = (service: string): Address => {
    if (service === 'auth') gateway.verified++
    if (service === 'auth' && gateway.authIsAway) return { socket: join(directory, 'nobody.sock') }
    return service === 'far' ? { origin: farOrigin } : { socket: socketOf(service) }
  }
  const front: Front = {
    contracts: [auth, near, far, dead],
    version: '1.2.3',
    tokens,
    routing: (service) => {
      const app = host.app(service)
      return app && ((request, response) => app.routing(request, response))
    },
    addressOf,
  }
  const bus: HostBus = {
    publish: async () => undefined,
    subscribe: async () => ({ drained: async () => undefined, [Symbol.asyncDispose]: async () => undefined }),
    setAside: async () => undefined,
    rebuilt: async () => undefined,
  }
  const installation = { masterKey: new Uint8Array(32), ownerKey, dataDirectory: directory }
  const host: Host = await startHost({
    services: [authService, nearService(ended), apiGateway] as unknown as Service[], // each with its own types
    version: '1.2.3',
    settings: { 'api-gateway': { rememberKeyMs: 60_000 } },
    port: async (_service, name) => ({ sql, installation, front })[name],
    bus: async () => bus,
    addressOf,
    listenAt: (service) => [
      { path: socketOf(service) },
      ...(service === 'api-gateway' ? [{ host: '127.0.0.1', port: 0 }] : []),
    ],
    tokens,
    clock: systemClock,
    log: silentLog,
  })
  const origin = `http://127.0.0.1:${host.port('api-gateway')}`
  const gateway: Gateway = {
    asked,
    ended,
    verified: 0,
    authIsAway: false,
    origin,
    directory,
    ask(path, { key = ownerKey, ...init } = {}) {
      const headers = {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(init.headers as Record<string, string>),
      }
      return fetch(origin + path, { ...init, headers })
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]()
      await sql[Symbol.asyncDispose]()
      elsewhere.closeAllConnections()
      await new Promise((resolve) => elsewhere.close(resolve))
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return gateway
}
