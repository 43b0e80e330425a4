import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Failures, parseFailure } from './failure.ts'

/** What the control port can do to the lab. */
export interface Controls {
  failures: Failures
  /** Takes every listener away, as if the network cable were pulled. */
  away(): Promise<void>
  back(): Promise<void>
  clearLog(): void
  stop(): void
  describe(): object
}

export interface ControlServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** Sent as `Authorization: Bearer TOKEN` with every request. */
  token: string
}

/**
 * The lab's remote control on loopback: `GET /` describes it; `GET /failures`, `PUT /failures/SUBJECT` (a failure as
 * JSON), `DELETE /failures[/SUBJECT]`; `POST /away`, `/back`, `/clear-log`, `/stop`.
 */
export async function listenControl(controls: Controls, port: number): Promise<ControlServer> {
  const token = randomBytes(16).toString('hex')
  const server = createServer((request, response) => {
    void reply(request, response, controls, token)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address')
  return {
    url: `http://127.0.0.1:${bound.port}`,
    token,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  controls: Controls,
  token: string,
): Promise<void> {
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(value)}\n`)
  }
  try {
    if (request.headers.authorization !== `Bearer ${token}`)
      return send(401, { error: 'the token of lab.json is needed' })
    const [, verb = '', ...rest] = (request.url ?? '/').split('/')
    const subject = decodeURIComponent(rest.join('/'))
    const route = `${request.method} ${verb}`
    switch (route) {
      case 'GET ':
        return send(200, controls.describe())
      case 'GET failures':
        return send(200, controls.failures.list())
      case 'PUT failures':
        controls.failures.set(subject, parseFailure(JSON.parse(await text(request))))
        return send(200, controls.failures.list())
      case 'DELETE failures':
        controls.failures.clear(subject === '' ? undefined : subject)
        return send(200, controls.failures.list())
      case 'POST away':
        await controls.away()
        return send(200, { away: true })
      case 'POST back':
        await controls.back()
        return send(200, { away: false })
      case 'POST clear-log':
        controls.clearLog()
        return send(200, {})
      case 'POST stop':
        send(200, {})
        return controls.stop()
      default:
        return send(404, { error: `nothing at ${route}` })
    }
  } catch (error) {
    send(400, { error: error instanceof Error ? error.message : String(error) })
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
