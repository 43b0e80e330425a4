import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { createClient } from './client.ts'
import type { Clock } from './clock.ts'
import type { Contract } from './contract.ts'
import { type Address, openDispatch } from './dispatch.ts'
import { MirageError } from './errors.ts'
import type { EventType, OutgoingEvent } from './event.ts'
import { newId } from './id.ts'
import type { Log } from './log.ts'
import { methodsOf } from './methods.ts'
import { openApiOf } from './openapi.ts'
import { type Listening, type ListeningBus, listenTo } from './listen.ts'
import { problemOf } from './problem.ts'
import { mountRoutes } from './routes.ts'
import type { Running, Service } from './service.ts'
import { type Metrics, openMetrics } from './telemetry.ts'
import type { Tokens } from './token.ts'
import { answerUnread } from './unread.ts'

/** What the host needs of a bus. The bus port has it. */
export interface HostBus extends ListeningBus {
  publish(events: OutgoingEvent[]): Promise<void>
}

export type ListenAt = { path: string } | { host: string; port: number }

export interface HostOptions {
  services: Service[]
  version: string
  /** Of each service, already checked. */
  settings: Record<string, Record<string, unknown>>
  /** What stands behind a port for this service. */
  port(service: string, name: string): Promise<unknown>
  bus(service: string): Promise<HostBus>
  /** Where a service listens, of this host or another. */
  addressOf(service: string): Address | Promise<Address>
  /** One or more places; the first is the service's own. */
  listenAt(service: string): ListenAt[]
  tokens: Tokens
  clock: Clock
  log: Log
  /**
   * Resolves when what this thread has written so far survives a power cut. Called before a change is answered: what
   * people say is nowhere else, and no event brings it back.
   */
  flush?(): Promise<void>
}

export interface Host extends AsyncDisposable {
  /** The service's own HTTP instance, when it runs in this thread. */
  app(service: string): FastifyInstance | undefined
  /** The TCP port that one of its doors has. */
  port(service: string): number | undefined
}

interface Started {
  service: Service
  app: FastifyInstance
  running: Running<Contract>
  bus: HostBus
  listening: Listening[]
  stop: AbortController
  log: Log
}

/**
 * Starts services in this thread: each gets an HTTP instance of its own with health, metrics and its OpenAPI
 * document, and is subscribed to what it listens to once all of them listen. `start` of a service must not call another.
 * Dispose stops one after the other in the reverse order, so that a service that stops is still answered by those that
 * started before it: it is told, gets no new deliveries, then no new calls, and has ended before the next is told.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const started: Started[] = []
  const dispatches: AsyncDisposable[] = []
  const doors: Server[] = []
  const ports = new Map<string, number>()

  async function stop(): Promise<void> {
    for (const door of doors) {
      door.close()
      door.closeAllConnections()
    }
    for (const { app, running, listening, stop, log } of started.toReversed()) {
      stop.abort(new Error('the service stops'))
      await Promise.allSettled(listening.map((subscription) => subscription[Symbol.asyncDispose]()))
      try {
        await app.close()
        await running[Symbol.asyncDispose]?.()
      } catch (error) {
        log.error('A service did not stop cleanly', { error })
      }
    }
    await Promise.allSettled(dispatches.map((dispatch) => dispatch[Symbol.asyncDispose]()))
  }

  try {
    for (const service of options.services) started.push(await startService(service, options, dispatches))
    for (const { service, app } of started) {
      const [own, ...more] = options.listenAt(service.contract.service)
      await listen(app, own!)
      for (const at of more) {
        const door = await openDoor(app, at)
        const address = door.address()
        if (typeof address === 'object' && address) ports.set(service.contract.service, address.port)
        doors.push(door)
      }
    }
    for (const { service, running, bus, log, stop, listening } of started)
      for (const consumer of running.consumes ?? [])
        listening.push(await listenTo(consumer, { service: service.contract.service, bus, log, signal: stop.signal }))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    app: (name) => started.find(({ service }) => service.contract.service === name)?.app,
    port: (name) => ports.get(name),
    [Symbol.asyncDispose]: stop,
  }
}

async function listen(app: FastifyInstance, at: ListenAt): Promise<void> {
  if ('path' in at) rmSync(at.path, { force: true })
  await app.listen(at)
}

/** Another address that leads to the same instance. */
async function openDoor(app: FastifyInstance, at: ListenAt): Promise<Server> {
  if ('path' in at) rmSync(at.path, { force: true })
  const door = createServer((request, response) => app.routing(request, response))
  door.on('clientError', answerUnread)
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject)
    door.listen(at, resolve)
  })
  return door
}

async function startService(service: Service, options: HostOptions, dispatches: AsyncDisposable[]): Promise<Started> {
  const { contract } = service
  const name = contract.service
  const log = options.log.child({ service: name })
  const metrics = openMetrics(name)
  const stop = new AbortController()
  const bus = await options.bus(name)
  const listening: Listening[] = []
  const given: Record<string, unknown> = {}
  for (const [need, what] of Object.entries(service.needs)) {
    if ('port' in what) given[need] = await options.port(name, what.port)
    else {
      const dispatch = openDispatch({
        addressOf: options.addressOf,
        authorization: async () =>
          `Bearer ${await options.tokens.issue({ caller: { kind: 'service', id: name }, workspace: 'default', rights: [] })}`,
      })
      dispatches.push(dispatch)
      given[need] = createClient(what, dispatch.wire)
    }
  }
  const running = await service.start({
    ...given,
    settings: options.settings[name] ?? {},
    log,
    clock: options.clock,
    metrics,
    signal: stop.signal,
    announce: (events: OutgoingEvent[]) => bus.publish(events),
    caughtUp: async (event: EventType) => {
      for (const subscription of listening) if (subscription.event === event.name) await subscription.caughtUp()
      stop.signal.throwIfAborted()
    },
  } as never) // the definition's own types say what start() takes; here services of every kind pass through
  return { service, app: createApp(service, running, options, metrics, log), running, bus, listening, stop, log }
}

function createApp(
  service: Service,
  running: Running<Contract>,
  options: HostOptions,
  metrics: Metrics,
  log: Log,
): FastifyInstance {
  const app = fastify({
    logger: false,
    genReqId: (request) =>
      typeof request.headers['x-request-id'] === 'string' ? request.headers['x-request-id'].slice(0, 64) : newId('req'),
    routerOptions: { maxParamLength: 20_000 },
    forceCloseConnections: true,
    clientErrorHandler: answerUnread,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply), // a path that cannot be decoded
  })
  app.setErrorHandler(answerError)

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = problemOf(error, request.id)
    if (problem.status >= 500 && !(error instanceof MirageError && error.retryable))
      log.error('A request failed', {
        requestId: request.id,
        method: request.method,
        url: request.routeOptions.url,
        error,
      })
    metrics.count('request_errors', { code: problem.code })
    if (problem.status === 503) reply.header('retry-after', '1')
    return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
  }
  const methodsAt = methodsOf(app)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!
    const methods = methodsAt(path)
    if (methods.length > 0) {
      reply.header('allow', methods.join(', '))
      throw new MirageError({
        code: 'request.method_not_allowed',
        status: 405,
        detail: `${path} takes ${methods.join(', ')}, not ${request.method}.`,
      })
    }
    throw new MirageError({
      code: 'request.no_such_route',
      status: 404,
      detail: `${request.method} ${path} is not an operation of ${service.contract.service}.`,
    })
  })
  app.addHook('onResponse', async (request, reply) => {
    metrics.count('requests', { method: request.method, status: String(reply.statusCode) })
  })
  app.get('/health/live', async () => ({ live: true }))
  app.get('/health/ready', async (_request, reply) => {
    const health = (await running.health?.()) ?? { ready: true }
    return reply.code(health.ready ? 200 : 503).send(health)
  })
  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metrics.text()))
  app.get('/openapi.json', async () => openApiOf([service.contract], options.version))
  mountRoutes(app, service.contract, running.handlers, {
    ...options,
    brokeOff: (error, requestId) => log.error('An answer broke off', { requestId, error }),
  })
  running.mount?.(app)
  return app
}
