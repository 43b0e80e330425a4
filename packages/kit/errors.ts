export interface MirageErrorOptions {
  /** `<noun>.<reason>`, declared in the contract of the service that throws it. */
  code: string
  /** The HTTP status it travels as. */
  status: number
  /** Names the thing and the next step, for the person who gets it. Never a secret. */
  detail: string
  /** The same call may succeed later without a change. */
  retryable?: boolean
  cause?: unknown
}

/** The one error that crosses a boundary. */
export class MirageError extends Error {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly retryable: boolean

  constructor(options: MirageErrorOptions) {
    super(options.detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MirageError'
    this.code = options.code
    this.status = options.status
    this.detail = options.detail
    this.retryable = options.retryable ?? false
  }
}

/** A thing that was asked for by id and is not there. */
export function notFound(noun: string, id: string): MirageError {
  return new MirageError({
    code: `${noun}.not_found`,
    status: 404,
    detail: `There is no ${singular(noun)} “${id}” here.`,
  })
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** True when the store is full, locked or away: never the fault of the record being written. */
export function isStoreTrouble(error: unknown): boolean {
  return error instanceof MirageError && error.code.startsWith('store.')
}

/** True when a store is damaged, or has lost what it was given: that does not pass by waiting. */
export function isLasting(error: unknown): error is MirageError {
  return error instanceof MirageError && (error.code === 'store.damaged' || error.code === 'store.failed')
}

/** True when a store, or a service that was called, is away for the moment: never the fault of the work at hand. */
export function isPassing(error: unknown): boolean {
  return isStoreTrouble(error) || (error instanceof MirageError && error.code === 'service.unreachable')
}

function singular(noun: string): string {
  return noun.replace(/ies$/, 'y').replace(/s$/, '').replaceAll('-', ' ')
}
