import { resolve } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import { MirageError } from '@mirage/kit/errors.ts'
import { alreadySubscribed, type Bus, type BusEvent } from '@mirage/ports/bus.ts'
import {
  append,
  backlog,
  headOf,
  keepLetter,
  lettersOf,
  prepareLog,
  shrinkPiece,
  subscriptionsOf,
  trimPiece,
  usedBytes,
} from './bus/log.ts'
import { prepareOffsets, removeOffset } from './bus/offsets.ts'
import { type Running, startSubscription } from './bus/subscription.ts'
import { type Database, openDatabase } from './files/database.ts'

export interface SqliteBusOptions {
  /** The log's file, the same for all threads and processes that are to hear each other. */
  path: string
  /**
   * The consumer's own SQLite file, where its offsets are kept behind the effects. Without it they are kept in the log,
   * and effects that a power cut took from the consumer are not delivered again.
   */
  offsets?: string
  now: () => number
  /** Bytes of the log; beyond them the slowest subscription is cut off. */
  limitBytes?: number
  /** Events younger than this stay although all have read them, while the log is small; milliseconds. */
  keepMs?: number
  /** The pause after a handler has rejected, milliseconds; doubled each time up to fifty times this. */
  retryMs?: number
}

const maxEventBytes = 16 << 20
const busyPollMs = 5
const idlePollMs = 100
const trimEveryMs = 1_000

export interface SqliteBus extends Bus {
  /** Removes now what may go; the bus itself does so a second after a publish. */
  trim(): Promise<void>
}

/** A durable bus over one SQLite file. Every publish is flushed to the disk before it resolves. */
export async function openSqliteBus(options: SqliteBusOptions): Promise<SqliteBus> {
  const { now, limitBytes = 2 * 2 ** 30, keepMs = 600_000, retryMs = 100 } = options
  const database = await openDatabase(options.path, 'bus')
  const offsets = options.offsets === undefined ? undefined : await openDatabase(options.offsets, 'control')
  await prepareLog(database)
  if (offsets !== undefined) await prepareOffsets(offsets)

  const channel = new BroadcastChannel(`mirage-bus ${resolve(options.path)}`)
  const running = new Map<string, Running>()
  let queue: { events: BusEvent[]; resolve: () => void; reject: (error: unknown) => void }[] = []
  let flushing: Promise<void> | undefined
  let trimming: Promise<void> | undefined
  let trimTimer: NodeJS.Timeout | undefined
  let pollTimer: NodeJS.Timeout | undefined
  let version = 0
  let quietPolls = 0
  let closed = false

  function assertOpen(): void {
    if (closed)
      throw new MirageError({ code: 'store.closed', status: 503, detail: `The bus “${options.path}” was closed.` })
  }

  function wakeAll(): void {
    for (const subscription of running.values()) subscription.wake()
  }

  function announce(): void {
    wakeAll()
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel between threads has no origins
    channel.postMessage(0)
  }

  // Threads of this process hear each other at once.
  channel.addEventListener('message', wakeAll)
  channel.unref()

  /** Other processes are heard by the file's change counter: every 5 ms in busy times, every 100 ms otherwise. */
  function poll(): void {
    pollTimer = undefined
    if (closed || running.size === 0) return
    try {
      const [seen] = database.prepare('pragma data_version').get() as unknown as [number]
      quietPolls = seen === version ? quietPolls + 1 : 0
      if (seen !== version) wakeAll()
      version = seen
    } catch {
      // Locked or full for the moment: the next poll looks again.
    }
    pollTimer = setTimeout(poll, quietPolls < 200 ? busyPollMs : idlePollMs)
  }

  /** One transaction, and one flush of the disk, for all publishes that came in together. */
  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const group = queue
      queue = []
      try {
        await database.write(() => {
          const at = now()
          for (const { events } of group) append(database, events, at)
        })
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
        continue
      }
      announce()
      if (usedBytes(database) > limitBytes) await trimNow()
      else trimTimer ??= setTimeout(() => void trimNow(), trimEveryMs).unref()
    }
    flushing = undefined
  }

  function trimNow(): Promise<void> {
    clearTimeout(trimTimer)
    trimTimer = undefined
    trimming ??= trim()
      .catch(() => {
        // Locked or full for the moment: the next publish tries again, and the limit still holds.
      })
      .finally(() => {
        trimming = undefined
      })
    return trimming
  }

  async function trim(): Promise<void> {
    for (let more = true; more;) {
      more = await database.write(() => {
        const used = usedBytes(database)
        if (used > limitBytes) cutOffSlowest()
        const { last } = headOf(database)
        const slowest = Math.min(last, ...subscriptionsOf(database).map(({ position }) => position))
        // A large log would stop all work at half of its limit: read events then go early.
        const before = used > limitBytes / 8 ? Infinity : now() - keepMs
        return trimPiece(database, slowest, before === Infinity ? Number.MAX_SAFE_INTEGER : before)
      })
      await new Promise((resume) => setImmediate(resume))
      if (closed) return
    }
    await database.write(() => shrinkPiece(database))
  }

  /** Gives up what the slowest subscription has not read of the oldest quarter, and says so in its state. */
  function cutOffSlowest(): void {
    const { last, trimmed } = headOf(database)
    const bound = trimmed + Math.ceil((last - trimmed) / 4)
    database.prepare('update subscription set rebuild = 1, position = ?1 where position < ?1').run(bound)
  }

  return {
    can: { shared: true, durable: true },

    // RabbitMQ: basic.publish to a topic exchange, with publisher confirms
    async publish(events) {
      assertOpen()
      const large = events.find(({ body }) => body.length > maxEventBytes)
      if (large !== undefined) {
        throw new MirageError({
          code: 'bus.event_too_large',
          status: 413,
          detail: `The event ${large.name} (${large.id}) is larger than ${maxEventBytes >> 20} MB. Publish it in pieces.`,
        })
      }
      if (events.length === 0) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      queue.push({ events, resolve, reject })
      flushing ??= new Promise<void>((resume) => setImmediate(resume)).then(flush)
      await promise
    },

    // RabbitMQ: queue.declare (durable), queue.bind by name, basic.consume with a prefetch
    async subscribe(subscription, handle) {
      assertOpen()
      if (running.has(subscription.name)) throw alreadySubscribed(subscription.name)
      const starting = startSubscription({ database, offsets, retryMs }, subscription, handle, () =>
        running.delete(subscription.name),
      )
      running.set(subscription.name, starting)
      try {
        await starting.started
      } catch (error) {
        running.delete(subscription.name)
        throw error
      }
      quietPolls = 0
      if (pollTimer === undefined) poll()
      return starting
    },

    async rebuilt(name) {
      await database.write(() => database.prepare('update subscription set rebuild = 0 where name = ?').run(name))
    },

    // RabbitMQ: queue.delete
    async drop(name) {
      await running.get(name)?.[Symbol.asyncDispose]()
      if (offsets !== undefined) await removeOffset(offsets, name)
      await database.write(() => {
        database.prepare('delete from subscription where name = ?').run(name)
        database.prepare('delete from letter where subscription = ?').run(name)
      })
    },

    // RabbitMQ: the management API's queues
    async states() {
      for (const subscription of running.values()) await subscription.persist()
      return database.read(() => statesOf(database, now()))
    },

    // RabbitMQ: basic.publish to the queue's dead-letter queue
    async setAside(subscription, event, reason) {
      await database.write(() => keepLetter(database, subscription, event, reason, now()))
    },

    async deadLetters(subscription, { after = 0, limit }) {
      return database.read(() => lettersOf(database, subscription, { again: false, after, limit }))
    },

    async replay(subscription, places) {
      const moved = await database.write(() => {
        const mark = database.prepare('update letter set again = 1 where place = ? and subscription = ? and again = 0')
        return places.reduce((sum, place) => sum + Number(mark.run(place, subscription).changes), 0)
      })
      announce()
      return moved
    },

    trim: trimNow,

    async pressure() {
      return database.read(() => Math.min(1, usedBytes(database) / limitBytes))
    },

    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      clearTimeout(pollTimer)
      clearTimeout(trimTimer)
      await flushing
      await trimming
      await Promise.all([...running.values()].map((subscription) => subscription[Symbol.asyncDispose]()))
      channel.close()
      await offsets?.close()
      await database.close()
    },
  }
}

function statesOf(database: Database, now: number) {
  return subscriptionsOf(database).map(({ name, events, position, rebuild }) => {
    const { lag, since } = backlog(database, events, position)
    return { name, lag, ageMs: since === undefined ? 0 : Math.max(0, now - since), rebuild }
  })
}
