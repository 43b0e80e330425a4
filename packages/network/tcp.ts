import type { Socket } from 'node:net'
import type { TcpBanner } from '@mirage/model/exchange.ts'
import type { Peer } from './dial/dialer.ts'
import { isConnectionRefused, NetworkError } from './error.ts'
import { deadline } from './limits/deadline.ts'
import { openFrameWriter } from './record/frame.ts'
import { parseHost } from './guard.ts'
import type { TaskContext } from './task.ts'

/**
 * How long a port may be silent, try by try: a packet that was lost, or dropped because many came at once, must not hide
 * a service. The system sends its own packet twice within the first.
 */
const patienceMs = [1_500, 2_500]
const bannerMs = 1_500
const bannerBytes = 1_024
/** Ports of one address tried at the same time. */
const width = 64

interface Probe {
  state: TcpBanner['state']
  /** Base64. */
  banner?: string
}

/**
 * Tries ports of a target's address and says of each whether it is open (with what it says within a moment), closed
 * (refused) or filtered (silent). `onBehalfOf` is a name in scope that has this address. Answers come in the order in
 * which they arrive, each recorded before it is given; ports known from an earlier attempt are not tried again.
 */
export async function* scanPorts(
  context: TaskContext,
  addressText: string,
  ports: Iterable<number>,
  { onBehalfOf }: { onBehalfOf?: string } = {},
): AsyncIterable<TcpBanner> {
  const host = parseHost(addressText)
  const address = host.address
  if (address === undefined)
    throw new NetworkError({
      outcome: 'failed',
      reason: 'unreadable-host',
      detail: `“${addressText}” is not an address; ports are scanned on addresses.`,
    })
  const known = await context.remembered('tcp')
  const writer = openFrameWriter((pairs) => context.recordFrame('tcp', pairs))
  const behind = onBehalfOf === undefined ? host : parseHost(onBehalfOf)
  const rest = ports[Symbol.iterator]()
  const running = new Set<Promise<void>>()
  const ready: TcpBanner[] = []
  let failure: unknown
  let isExhausted = false

  async function probe(port: number): Promise<void> {
    try {
      const question = `${address} ${port}`
      const before = known.get(question)
      if (before !== undefined) {
        probing--
        // Written by the lines below, in an earlier attempt.
        ready.push(bannerOf(address!, port, before.answer as Probe, before.exchange))
        return
      }
      const route = await context.route(
        behind,
        'target',
        onBehalfOf === undefined ? undefined : address,
        context.signal,
      )
      await context.admit(route, context.signal)
      const found = await probePort(context, route.peer, port)
      const recorded = writer.add({ question, answer: found })
      probing--
      if (probing === 0) writer.flush()
      ready.push(bannerOf(address!, port, found, await recorded))
    } catch (error) {
      failure ??= error
    }
  }

  let probing = 0
  while (failure === undefined) {
    while (!isExhausted && running.size < width) {
      const next = rest.next()
      if (next.done === true) isExhausted = true
      else {
        probing++
        const work: Promise<void> = probe(next.value).finally(() => running.delete(work))
        running.add(work)
      }
    }
    yield* ready.splice(0)
    // Ports that are known take no time: nothing may be running while there are more to come.
    if (isExhausted && running.size === 0 && ready.length === 0) break
    if (running.size > 0) await Promise.race(running)
  }
  if (failure !== undefined) {
    await Promise.all(running)
    // What others were answered is recorded, and the module's.
    yield* ready
    throw failure
  }
}

function bannerOf(address: string, port: number, { state, banner }: Probe, exchange: string): TcpBanner {
  return { address, port, state, ...(banner !== undefined && { banner: Buffer.from(banner, 'base64') }), exchange }
}

async function probePort(context: TaskContext, peer: Peer, port: number): Promise<Probe> {
  const { signal } = context
  const socket = await connect(context, peer, port)
  if (typeof socket === 'string') return { state: socket }
  try {
    const banner = await firstBytes(socket, signal)
    signal.throwIfAborted()
    return banner.length === 0 ? { state: 'open' } : { state: 'open', banner: banner.toString('base64') }
  } finally {
    socket.destroy()
  }
}

/** A connection, or why there is none. Who neither takes nor refuses it is tried once more, behind a proxy by the proxy. */
async function connect(
  { dialer, signal }: TaskContext,
  peer: Peer,
  port: number,
): Promise<Socket | 'closed' | 'filtered'> {
  for (const patience of dialer.isProxied ? [undefined] : patienceMs)
    try {
      return (await dialer.connect(peer, port, signal, patience)).socket
    } catch (error) {
      if (signal.aborted || !(error instanceof NetworkError) || error.reason === 'proxy') throw error
      if (error.reason === 'timed-out') continue
      return isConnectionRefused(error) ? 'closed' : 'filtered'
    }
  return 'filtered'
}

/** What a peer says on its own: its first bytes, none when it waits for ours. Never rejects. */
function firstBytes(socket: Socket, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve) => {
    // What it has said waits in the socket while this process is kept from its work.
    const limit = deadline(bannerMs, signal, () => new Error('it waits for us'))
    const onData = (chunk: Buffer): void => done(chunk.subarray(0, bannerBytes))
    const onEnd = (): void => done(Buffer.alloc(0))
    function done(bytes: Buffer): void {
      limit[Symbol.dispose]()
      socket.off('data', onData).off('close', onEnd)
      limit.signal.removeEventListener('abort', onEnd)
      resolve(bytes)
    }
    if (limit.signal.aborted) return onEnd()
    socket.on('data', onData).on('close', onEnd)
    limit.signal.addEventListener('abort', onEnd, { once: true })
  })
}
