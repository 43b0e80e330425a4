import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Contract, defineContract } from '@mirage/kit/contract.ts'
import type { Address } from '@mirage/kit/dispatch.ts'
import { definePort } from '@mirage/kit/service.ts'
import type { Tokens } from '@mirage/kit/token.ts'

/** The gateway answers no operations of its own: it passes on those of the others. */
export const gateway = defineContract('api-gateway', 'The front door of all services.', {})

/** What the composition root tells the front door of the others. */
export interface Front {
  contracts: Contract[]
  version: string
  tokens: Tokens
  /** The router of a service that runs in this thread. */
  routing(service: string): ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Where a service listens; starts one that is started on demand. */
  addressOf(service: string): Address | Promise<Address>
}

export const front = definePort<Front>('front')
