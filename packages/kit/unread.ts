import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { MirageError } from './errors.ts'
import { problemOf } from './problem.ts'

const reasons: Record<string, { status: number; code: string; detail: string }> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'request.too_large',
    detail: 'The address and the headers of a request may take 16 KB together.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request.timed_out',
    detail: 'The request was not complete in time.',
  },
}

/**
 * Answers a request that Node's parser refused, and so reached no route, with a problem document like any other, and
 * closes the connection: where the next request would begin on it, nobody can tell.
 */
export function answerUnread(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const reason = reasons[error.code ?? ''] ?? { status: 400, code: 'request.invalid', detail: 'This is not HTTP/1.1.' }
  const body = JSON.stringify(problemOf(new MirageError(reason)))
  const head = [
    `HTTP/1.1 ${reason.status} ${STATUS_CODES[reason.status]}`,
    'connection: close',
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
