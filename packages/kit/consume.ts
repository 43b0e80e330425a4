import { othersTurn, pause } from './clock.ts'
import { isPassing, messageOf } from './errors.ts'
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
/** Characters that take about a millisecond to read. */
const longBody = 64 << 10

/** An event and the text it came as. */
interface Opened {
  event: Incoming<unknown>
  body: string
}

/**
 * Hands deliveries to a consumer so that poison stops nobody. What is not valid JSON of the event's schema is set
 * aside at once, and counted as lost where it still says what it was. A batch that fails three times is halved down to single events, a single event down to single
 * records where the consumer can split it; what still fails alone is set aside with its reason and the rest goes on.
 * Trouble with a store (full, locked, away) or a service that is away is never the record's fault: it is thrown, and the
 * bus delivers again.
 */
export async function consume(consumer: Consumer, deliveries: Delivered[], poison: Poison): Promise<void> {
  const events: Opened[] = []
  for (const delivery of deliveries) {
    const event = await open(consumer, delivery, poison)
    if (event) events.push({ event, body: delivery.body })
    if (delivery.body.length > longBody) await othersTurn()
  }
  if (events.length > 0) await handle(consumer, events, poison)
}

async function open(consumer: Consumer, delivery: Delivered, poison: Poison): Promise<Incoming<unknown> | undefined> {
  const { id, workspace, publishedAt, body } = delivery
  const { event, identity } = consumer
  let payload: unknown
  try {
    payload = JSON.parse(body)
  } catch (error) {
    await poison.setAside(delivery, `not JSON: ${messageOf(error)}`)
    return undefined
  }
  if (fits(event.schema, payload)) return { id, workspace, publishedAt, payload, partial: false }
  await poison.setAside(delivery, misfits(event.schema, payload).join('; '))
  if (identity && fits(identity, payload))
    await consumer.settle?.({ id, workspace, publishedAt, payload, partial: false }, 1)
  return undefined
}

async function handle(consumer: Consumer, events: Opened[], poison: Poison): Promise<void> {
  const failure = await attempt(
    consumer,
    events.map(({ event }) => event),
    poison,
  )
  if (failure === undefined) return
  if (events.length > 1) {
    const middle = events.length >> 1
    await handle(consumer, events.slice(0, middle), poison)
    await handle(consumer, events.slice(middle), poison)
    return
  }
  const { event, body } = events[0]!
  const lost = await takeApart(consumer, event, body, failure, poison)
  await consumer.settle?.(event as Incoming<never>, lost)
}

/** Resolves with how many records were set aside. */
async function takeApart(
  consumer: Consumer,
  event: Incoming<unknown>,
  whole: string,
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
    const { id, workspace, publishedAt } = event
    const body = textOf(event, whole)
    await poison.setAside({ name: consumer.event.name, id, workspace, publishedAt, body }, messageOf(failure))
    return 1
  }
  let lost = 0
  for (const payload of halves) {
    const half = { ...event, payload, partial: true }
    const halfFailure = await attempt(consumer, [half], poison, 1)
    if (halfFailure !== undefined) lost += await takeApart(consumer, half, whole, halfFailure, poison)
  }
  return lost
}

/** A part as text; where it cannot be written as JSON again, which may be what is wrong with it, all it came in. */
function textOf({ payload, partial }: Incoming<unknown>, whole: string): string {
  if (!partial) return whole
  try {
    return JSON.stringify(payload)
  } catch {
    return whole
  }
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
      if (isPassing(error) || poison.signal.aborted) throw error
      if (count >= most) return error ?? new Error('thrown without a reason')
      await pause(pauseMs * count, poison.signal)
    }
  }
}
