import type { OutgoingEvent } from '../event.ts'
import type { HostBus } from '../host.ts'

type Delivered = Parameters<HostBus['setAside']>[1]

interface ToySubscription {
  events: string[]
  handle(events: Delivered[]): Promise<void>
  lose(): void
}

/** Delivers at once, in the order of publishing. */
export class ToyBus implements HostBus {
  readonly dead: { subscription: string; event: Delivered; reason: string }[] = []
  /** Names of subscriptions that said they have rebuilt. */
  readonly rebuiltOnes: string[] = []
  readonly #subscriptions = new Map<string, ToySubscription>()

  async publish(events: OutgoingEvent[]): Promise<void> {
    for (const { events: names, handle } of this.#subscriptions.values()) {
      const wanted = events.filter(({ name }) => names.includes(name)).map((event) => ({ ...event, publishedAt: 0 }))
      if (wanted.length > 0) await handle(wanted)
    }
  }

  async subscribe(
    { name, events, onLost }: { name: string; events: string[]; onLost?: () => void },
    handle: (events: Delivered[]) => Promise<void>,
  ): ReturnType<HostBus['subscribe']> {
    this.#subscriptions.set(name, { events, handle, lose: () => onLost?.() })
    return {
      drained: async () => undefined,
      [Symbol.asyncDispose]: async () => void this.#subscriptions.delete(name),
    }
  }

  async rebuilt(name: string): Promise<void> {
    this.rebuiltOnes.push(name)
  }

  /** Tells a subscription that events were lost to it. */
  lose(name: string): void {
    this.#subscriptions.get(name)?.lose()
  }

  async setAside(subscription: string, event: Delivered, reason: string): Promise<void> {
    this.dead.push({ subscription, event, reason })
  }

  get subscriptions(): string[] {
    return [...this.#subscriptions.keys()]
  }
}
