import { pause } from './clock.ts'
import { consume } from './consume.ts'
import { messageOf } from './errors.ts'
import type { OutgoingEvent } from './event.ts'
import type { Log } from './log.ts'
import type { Consumer } from './service.ts'

type Delivered = OutgoingEvent & { publishedAt: number }

/** What listening needs of a bus. The bus port has it. */
export interface ListeningBus {
  subscribe(
    options: { name: string; events: string[]; maxEvents?: number; maxBytes?: number; onLost?: () => void },
    handle: (events: Delivered[]) => Promise<void>,
  ): Promise<AsyncDisposable & { drained(): Promise<void> }>
  setAside(subscription: string, event: Delivered, reason: string): Promise<void>
  rebuilt(name: string): Promise<void>
}

export interface Listening extends AsyncDisposable {
  /** The name of the event. */
  event: string
  /** Resolves when what was published before the call has been handled and what was lost has been rebuilt, or at the end. */
  caughtUp(): Promise<void>
}

const firstPauseMs = 100
const longestPauseMs = 5_000

/**
 * Subscribes a consumer as `<service>:<purpose>`. When events were lost to it, its `rebuild` is called until it resolves
 * once and nothing was lost meanwhile; only then is the mark in the log taken off, so that a death begins it again.
 */
export async function listenTo(
  consumer: Consumer,
  { service, bus, log, signal }: { service: string; bus: ListeningBus; log: Log; signal: AbortSignal },
): Promise<Listening> {
  const name = `${service}:${consumer.purpose}`
  const poison = {
    log,
    signal,
    setAside: (event: Delivered, reason: string) => bus.setAside(name, event, reason),
  }
  let losses = 0
  let rebuilding: Promise<void> | undefined

  function startRebuild(): void {
    losses++
    rebuilding ??= rebuild().finally(() => (rebuilding = undefined))
  }

  async function rebuild(): Promise<void> {
    for (let ms = firstPauseMs; !signal.aborted; ms = Math.min(ms * 2, longestPauseMs)) {
      const seen = losses
      try {
        await consumer.rebuild?.()
        await bus.rebuilt(name)
        if (losses !== seen) continue
        log.info('A subscription has rebuilt what it missed', { subscription: name })
        return
      } catch (error) {
        if (signal.aborted) return
        log.warn('A rebuild could not be finished; it is tried again', { subscription: name, reason: messageOf(error) })
        await pause(ms, signal)
      }
    }
  }

  const options = {
    name,
    events: [consumer.event.name],
    maxEvents: consumer.maxEvents,
    maxBytes: consumer.maxBytes,
    onLost: () => {
      log.warn('Events were lost to a subscription', { subscription: name, rebuilds: consumer.rebuild !== undefined })
      startRebuild()
    },
  }
  const subscription = await bus.subscribe(options, async (events) => {
    try {
      await consume(consumer, events, poison)
    } catch (error) {
      if (!signal.aborted)
        log.warn('Deliveries wait: their store cannot take them', { subscription: name, reason: messageOf(error) })
      throw error
    }
  })
  if (consumer.rebuildNow) startRebuild()
  return {
    event: consumer.event.name,
    async caughtUp() {
      await subscription.drained()
      await rebuilding
    },
    async [Symbol.asyncDispose]() {
      await subscription[Symbol.asyncDispose]()
      await rebuilding
    },
  }
}
