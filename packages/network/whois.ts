import type { Socket } from 'node:net'
import { deadline, untilAborted } from './limits/deadline.ts'
import { NetworkError, stopped, timedOut, toNetworkError } from './error.ts'
import { parseHost } from './guard.ts'
import type { Sent, TaskContext } from './task.ts'

const timeoutMs = 20_000
const maxBytes = 1_048_576

/**
 * What a WHOIS server answers to one line (RFC 3912), at most 1 MB of it. Read as UTF-8, or as Latin-1 where it is not
 * UTF-8: the protocol names no encoding. Throws a NetworkError.
 */
export async function queryWhois(
  context: TaskContext,
  server: string,
  text: string,
): Promise<{ text: string; exchange: string }> {
  if (/[\r\n\0]/.test(text) || text.length > 512)
    throw new NetworkError({
      outcome: 'failed',
      reason: 'malformed',
      detail: 'A WHOIS query is one line of at most 512 characters.',
    })
  const host = parseHost(server)
  const title = host.name ?? host.address
  const asked = { server: title, query: text }
  const { body, id } = await context.exchange('whois', asked, send)
  return { text: decodeText(body ?? new Uint8Array()), exchange: id }

  async function send(): Promise<Sent> {
    const { contact } = context.task
    const route = await context.route(host, contact === 'none' ? 'none' : 'stored', undefined, context.signal)
    await context.admit(route, context.signal)
    const { socket } = await context.dialer.connect(route.peer, 43, context.signal)
    using limit = deadline(timeoutMs, context.signal, () => timedOut(title, timeoutMs))
    try {
      socket.write(`${text}\r\n`)
      const { body, truncated } = await untilAborted(readAll(socket), limit.signal)
      const shared = {
        contact: route.contact,
        peer: title,
        request: asked,
        credentials: false,
        reusable: body.length > 0,
      }
      return { ...shared, answer: { truncated }, body }
    } catch (error) {
      throw limit.signal.aborted ? stopped(limit.signal) : toNetworkError(error, title)
    } finally {
      socket.destroy()
    }
  }
}

async function readAll(socket: Socket): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes) break
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), truncated: size > maxBytes }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('latin1')
  }
}
