import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { WireRequest } from './client.ts'
import { type Dispatch, openDispatch } from './dispatch.ts'

const open: (Dispatch | Server)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) {
    if ('wire' in one) await one[Symbol.asyncDispose]()
    else {
      one.closeAllConnections()
      await new Promise((resolve) => one.close(resolve))
    }
  }
})

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function dispatchTo(origin: string | (() => string), more: { timeoutMs?: number; patienceMs?: number } = {}): Dispatch {
  const dispatch = openDispatch({
    addressOf: () => ({ origin: typeof origin === 'string' ? origin : origin() }),
    authorization: () => 'Bearer token',
    ...more,
  })
  open.push(dispatch)
  return dispatch
}

function request(over: Partial<WireRequest> = {}): WireRequest {
  return { service: 'toys', method: 'GET', path: '/a', headers: {}, repeatable: true, ...over }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString()
}

describe('a dispatch', () => {
  it('carries method, path, body and credential', async () => {
    const origin = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () =>
        response.end(
          `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']} ${body}`,
        ),
      )
    })
    const answer = await dispatchTo(origin).wire(request({ method: 'POST', path: '/a?b=c', body: '{"d":1}' }))
    expect(await textOf(answer.body)).toBe('POST /a?b=c Bearer token application/json {"d":1}')
  })

  it('repeats what may be repeated when the connection dies under it', async () => {
    let calls = 0
    const origin = await serve((request, response) => (++calls < 3 ? request.socket.destroy() : response.end('there')))
    const answer = await dispatchTo(origin).wire(request())
    expect([await textOf(answer.body), calls]).toEqual(['there', 3])
  })

  it('does not repeat what may have been done already', async () => {
    let calls = 0
    const origin = await serve((request) => {
      calls++
      request.socket.destroy()
    })
    await expect(
      dispatchTo(origin).wire(request({ method: 'POST', body: '{}', repeatable: false })),
    ).rejects.toMatchObject({
      code: 'service.unreachable',
      status: 503,
      retryable: true,
    })
    expect(calls).toBe(1)
  })

  it('waits a little for a service that is just starting, whatever the call', async () => {
    const there = await serve((_request, response) => response.end('there'))
    let looks = 0
    const dispatch = dispatchTo(() => (++looks === 1 ? 'http://127.0.0.1:1' : there))
    const answer = await dispatch.wire(request({ method: 'POST', body: '{}', repeatable: false }))
    expect([await textOf(answer.body), looks]).toEqual(['there', 2])
  })

  it('gives up on a service that is not there and names it', async () => {
    await expect(dispatchTo('http://127.0.0.1:1', { patienceMs: 100 }).wire(request())).rejects.toThrow(
      /^The service toys does not answer \(.+\)\. Is it running\?$/,
    )
  })

  it('asks once more, where that does no harm, when a service cannot answer for the moment', async () => {
    let calls = 0
    const origin = await serve((_request, response) =>
      response.writeHead(503, { 'retry-after': '0' }).end(`${++calls}`),
    )
    const { wire } = dispatchTo(origin)
    const answer = await wire(request())
    expect([answer.status, await textOf(answer.body)]).toEqual([503, '2'])
    const once = await wire(request({ method: 'POST', body: '{}', repeatable: false }))
    expect([once.status, await textOf(once.body)]).toEqual([503, '3'])
  })

  it('ends a call with its signal and does not try again', async () => {
    let calls = 0
    const stop = new AbortController()
    const origin = await serve(() => {
      calls++
      stop.abort(new Error('enough'))
    })
    await expect(dispatchTo(origin).wire(request({ signal: stop.signal }))).rejects.toThrow('enough')
    expect(calls).toBe(1)
  })

  it('does not wait for ever for an answer to begin', async () => {
    const origin = await serve(() => undefined)
    await expect(dispatchTo(origin, { timeoutMs: 50 }).wire(request({ repeatable: false }))).rejects.toMatchObject({
      code: 'service.unreachable',
    })
  })
})
