import { MirageError } from '@mirage/kit/errors.ts'

const code = 'dns.engine_failed'

/** The DNS thread died, which says nothing of any name and nothing of who asked. */
export function engineFailure(reason: string): MirageError {
  return new MirageError({
    code,
    status: 500,
    detail: `The DNS thread failed: ${reason}. Look-ups under way are lost; open a new lane to go on.`,
    retryable: true,
  })
}

export function isEngineFailure(error: unknown): boolean {
  return error instanceof MirageError && error.code === code
}
