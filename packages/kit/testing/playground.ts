import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../client.ts'
import { systemClock } from '../clock.ts'
import type { Client } from '../contract.ts'
import { type Address, openDispatch } from '../dispatch.ts'
import { type Host, startHost } from '../host.ts'
import { silentLog } from '../log.ts'
import { type Claims, openTokens, type Tokens } from '../token.ts'
import { ToyBus } from './bus.ts'
import { type Seen, shelf, shelfService, toys, toyService } from './toys.ts'

/** The toys and the shelf, served on real sockets and a bus that is an array. */
export interface Playground extends AsyncDisposable {
  host: Host
  bus: ToyBus
  seen: Seen
  tokens: Tokens
  /** `http://127.0.0.1:…` of the toys. */
  origin: string
  addressOf(service: string): Address
  toys(claims?: Partial<Claims>): Client<typeof toys>
  shelf(claims?: Partial<Claims>): Client<typeof shelf>
}

/** Claims of someone who may everything. */
export const anyone: Claims = { caller: { kind: 'key', id: 'key_1' }, workspace: 'default', rights: ['*'] }

export async function openPlayground(): Promise<Playground> {
  const directory = mkdtempSync(join(tmpdir(), 'mirage-toys-'))
  const seen: Seen = { aborted: [], returned: [], steps: [] }
  const bus = new ToyBus()
  const tokens = openTokens(new Uint8Array(32).fill(7), systemClock)
  const socketOf = (service: string): string => join(directory, `${service}.sock`)
  const host = await startHost({
    services: [toyService(seen), shelfService(seen)],
    version: '1.2.3',
    settings: {},
    port: async (_service, name) => {
      throw new Error(`no ${name} here`)
    },
    bus: async () => bus,
    addressOf: (service) => ({ socket: socketOf(service) }),
    listenAt: (service) => [
      { path: socketOf(service) },
      ...(service === 'toys' ? [{ host: '127.0.0.1', port: 0 }] : []),
    ],
    tokens,
    clock: systemClock,
    log: silentLog,
  })
  const open: AsyncDisposable[] = []
  const wireFor = (claims: Partial<Claims>): ReturnType<typeof openDispatch>['wire'] => {
    const dispatch = openDispatch({
      addressOf: (service) => ({ socket: socketOf(service) }),
      authorization: async () => `Bearer ${await tokens.issue({ ...anyone, ...claims })}`,
    })
    open.push(dispatch)
    return dispatch.wire
  }
  return {
    host,
    bus,
    seen,
    tokens,
    origin: `http://127.0.0.1:${host.port('toys')}`,
    addressOf: (service) => ({ socket: socketOf(service) }),
    toys: (claims = {}) => createClient(toys, wireFor(claims)),
    shelf: (claims = {}) => createClient(shelf, wireFor(claims)),
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((one) => one[Symbol.asyncDispose]()))
      await host[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
