import { pause } from './clock.ts'
import { isStoreTrouble, messageOf } from './errors.ts'
import { fits, misfits } from './schema.ts'
import type { Consumer, Incoming } from './service.ts'
import type { Log } from './log.ts'

interface Delivered {
  name: string
  workspace: string
  id: string
  body: string
  publishedAt: number
}

export interface Poison {
  setAside(event: Delivered, reason: string): Promise<void>
  log: Log
  signal: AbortSignal
}

const tries = 3
const pauseMs = 50

/**
 * Hands deliveries to a consumer so that poison stops nobody. What is not valid JSON of the event's schema is set
 * aside at once. A batch that fails three times is halved down to single events, a single event down to single
 * records where the consumer can split it; what still fails alone is set aside with its reason and the rest goes on.
 * Trouble with a store (full, locked, away) is never the record's fault: it is thrown, and the bus delivers again.
 */
export async function consume(consumer: Consumer, deliveries: Delivered[], poison: Poison): Promise<void> {
  const events: Incoming<unknown>[] = []
  for (const delivery of deliveries) {
    const event = open(consumer, delivery)
    if (typeof event === 'string') await poison.setAside(delivery, event)
    else events.push(event)
  }
  if (events.length > 0) await handle(consumer, events, poison)
}

function open(consumer: Consumer, { id, workspace, publishedAt, body }: Delivered): Incoming<unknown> | string {
  let payload: unknown
  try {
    payload = JSON.parse(body)
  } catch (error) {
    return `not JSON: ${messageOf(error)}`
  }
  if (!fits(consumer.event.schema, payload)) return misfits(consumer.event.schema, payload).join('; ')
  return { id, workspace, publishedAt, payload, partial: false }
}

async function handle(consumer: Consumer, events: Incoming<unknown>[], poison: Poison): Promise<void> {
  const failure = await attempt(consumer, events, poison)
  if (failure === undefined) return
  if (events.length > 1) {
    const middle = events.length >> 1
    await handle(consumer, events.slice(0, middle), poison)
    await handle(consumer, events.slice(middle), poison)
    return
  }
  const event = events[0]!
  const lost = await takeApart(consumer, event, failure, poison)
  await consumer.settle?.(event as Incoming<never>, lost)
}

/** Resolves with how many records were set aside. */
async function takeApart(
  consumer: Consumer,
  event: Incoming<unknown>,
  failure: unknown,
  poison: Poison,
): Promise<number> {
  const halves = consumer.split?.(event.payload as never)
  if (!halves) {
    poison.log.error('An event could not be handled and was set aside', {
      event: consumer.event.name,
      id: event.id,
      error: failure,
    })
    const { id, workspace, publishedAt, payload } = event
    const body = JSON.stringify(payload)
    await poison.setAside({ name: consumer.event.name, id, workspace, publishedAt, body }, messageOf(failure))
    return 1
  }
  let lost = 0
  for (const payload of halves) {
    const half = { ...event, payload, partial: true }
    const halfFailure = await attempt(consumer, [half], poison, 1)
    if (halfFailure !== undefined) lost += await takeApart(consumer, half, halfFailure, poison)
  }
  return lost
}

/** Undefined when it was handled; what the last try threw when it was not. Throws trouble with a store. */
async function attempt(
  consumer: Consumer,
  events: Incoming<unknown>[],
  poison: Poison,
  most = tries,
): Promise<unknown> {
  for (let count = 1; ; count++) {
    try {
      await consumer.handle(events as Incoming<never>[])
      return undefined
    } catch (error) {
      if (isStoreTrouble(error) || poison.signal.aborted) throw error
      if (count >= most) return error ?? new Error('thrown without a reason')
      await pause(pauseMs * count, poison.signal)
    }
  }
}
