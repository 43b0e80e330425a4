import type { Call } from '../contract.ts'

/** A call of a service that may everything in the workspace `default`, and that nobody aborts. */
export function testCall(more: Partial<Call> = {}): Call {
  return {
    caller: { kind: 'service', id: 'test' },
    workspace: 'default',
    rights: ['*'],
    requestId: '',
    trace: '',
    signal: new AbortController().signal,
    ...more,
  }
}
