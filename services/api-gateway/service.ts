import { readFileSync } from 'node:fs'
import scalar from '@scalar/fastify-api-reference'
import { MirageError } from '@mirage/kit/errors.ts'
import { openApiOf } from '@mirage/kit/openapi.ts'
import { apiPrefix, mayCall } from '@mirage/kit/routes.ts'
import { defineService } from '@mirage/kit/service.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { auth } from '@mirage/services/auth/contract.ts'
import { Callers } from './callers.ts'
import { type Front, front, gateway } from './contract.ts'
import { bodyTooLarge, Forwarder } from '@mirage/kit/forward.ts'
import { settings } from './settings.ts'

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

export const apiGateway = defineService({
  contract: gateway,
  settings,
  needs: { front, auth },
  async start({ front, auth, settings, clock }) {
    const callers = new Callers(auth, clock, settings.rememberKeyMs)
    const forwarder = new Forwarder()
    return {
      handlers: {},
      mount(app) {
        app.addHook('onRequest', async (request, reply) => {
          reply.headers(securityHeaders)
          if (request.routeOptions.url === '/metrics') await callers.of(request.headers.authorization)
        })
        // Bodies are read by the service they are meant for, not here.
        app.removeAllContentTypeParsers()
        app.addContentTypeParser('*', (_request, _payload, done) => done(null))
        mountOperations(app, front, callers, forwarder)
        mountPages(app, front)
      },
      [Symbol.asyncDispose]: () => forwarder[Symbol.asyncDispose](),
    }
  },
})

/** Every operation that people may call, passed on with a signed token in place of the caller's key. */
function mountOperations(app: FastifyInstance, front: Front, callers: Callers, forwarder: Forwarder): void {
  for (const { service, operations } of front.contracts)
    for (const { method, path, permission, bodyLimit } of Object.values(operations)) {
      if (permission === 'service') continue
      app.route({
        method,
        url: apiPrefix + path.replaceAll(/\{(\w+)\}/g, ':$1'),
        async handler(request, reply) {
          const claims = await callers.of(request.headers.authorization)
          if (!mayCall(permission, claims))
            throw new MirageError({
              code: 'request.forbidden',
              status: 403,
              detail: `This needs the right “${permission}”, which this key does not have.`,
            })
          // Refused here: a service that refuses it while it is still being passed on breaks the line instead.
          if (Number(request.headers['content-length'] ?? 0) > bodyLimit) throw bodyTooLarge(bodyLimit)
          request.raw.headers.authorization = `Bearer ${await front.tokens.issue(claims)}`
          request.raw.headers['x-request-id'] = request.id
          await passOn(front, forwarder, { service, bodyLimit }, request, reply)
        },
      })
    }
}

async function passOn(
  front: Front,
  forwarder: Forwarder,
  { service, bodyLimit }: { service: string; bodyLimit: number },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const routing = front.routing(service)
  const address = routing ? undefined : await front.addressOf(service)
  for (const [name, value] of Object.entries(securityHeaders)) reply.raw.setHeader(name, value)
  if (routing) {
    reply.hijack()
    routing(request.raw, reply.raw)
    return
  }
  reply.raw.setHeader('x-request-id', request.id)
  await forwarder.forward({ service, address: address!, bodyLimit }, request.raw, reply.raw)
  reply.hijack()
}

function mountPages(app: FastifyInstance, { contracts, version }: Front): void {
  const document = openApiOf(contracts, version)
  const file = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
  const [html, css, script, icon] = [file('page.html'), file('page.css'), file('page.js'), file('icon.svg')]
  app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(html))
  app.get('/page.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(css))
  app.get('/page.js', async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))
  app.get('/icon.svg', async (_request, reply) => reply.type('image/svg+xml').send(icon))
  app.get('/api/openapi.json', async () => document)
  // The reference page runs its own script and inline styles; it loads nothing from elsewhere.
  void app.register(async (docs) => {
    docs.addHook('onSend', async (_request, reply) => {
      reply.header(
        'content-security-policy',
        "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'",
      )
    })
    await docs.register(scalar, {
      routePrefix: '/api/docs',
      // Nothing that belongs to somebody else's service: no assistant, no hosting, no fonts, no telemetry.
      configuration: {
        content: document,
        title: 'Mirage API',
        favicon: '/icon.svg',
        telemetry: false,
        withDefaultFonts: false,
        showDeveloperTools: 'never',
        hideClientButton: true,
        agent: { disabled: true },
        mcp: { disabled: true },
      },
    })
  })
}
