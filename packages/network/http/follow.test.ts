import type { RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { get, testTask } from '../testing/session.ts'
import { never, testWorld, text } from '../testing/world.ts'

const world = testWorld({
  targets: ['northwind.example'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
    'other.example A': ['198.18.0.12'],
    'api.provider.example A': ['198.18.0.20'],
  },
})

describe('redirects', () => {
  function redirect(to: string, status = 302): RequestListener {
    return (_request, response) => {
      response.writeHead(status, { location: to }).end()
    }
  }

  test('are followed through the same checks and listed', async () => {
    world.lab.http('198.18.0.10:80', redirect('https://www.northwind.example/home', 301))
    world.lab.https('198.18.0.10:443', (request, response) => response.end(request.url))
    const { session } = world.open()
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer.url).toBe('https://www.northwind.example/home')
    expect(text(answer.body)).toBe('/home')
    expect(answer.hops).toEqual([
      { url: 'http://www.northwind.example/', status: 301, location: 'https://www.northwind.example/home' },
    ])
  })

  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    'http://other.example/',
    'http://198.18.0.12/',
    'ftp://www.northwind.example/',
    'file:///etc/passwd',
  ])('to what may not be asked are not followed but are the answer: %s', async (to) => {
    world.lab.http('198.18.0.10:80', redirect(to))
    world.lab.http('198.18.0.12:80', (_request, response) => response.end('never'))
    const { session } = world.open()
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer).toMatchObject({ status: 302, hops: [], url: 'http://www.northwind.example/' })
    expect(world.lab.dialled).toEqual(['198.18.0.10:80'])
  })

  test('without end are bounded', async () => {
    let requests = 0
    world.lab.http('198.18.0.10:80', (_request, response) => {
      response.writeHead(302, { location: `/${++requests}` }).end()
    })
    const { session } = world.open()
    const answer = await testTask(session).request(get('http://www.northwind.example/', { redirects: 1_000 }), never)
    expect(answer.status).toBe(302)
    expect(requests).toBe(21)
  })

  test('take credentials to no other origin', async () => {
    const seen: (string | undefined)[] = []
    const headers = { authorization: 'Bearer abcdefgh', cookie: 'a=b', 'x-key': 'abcdefgh', accept: 'text/html' }
    world.lab.http('198.18.0.20:80', (request, response) => {
      seen.push(request.headers.authorization)
      if (request.url === '/here') response.writeHead(302, { location: '/there' }).end()
      else response.writeHead(302, { location: 'http://other.example/' }).end()
    })
    world.lab.http('198.18.0.12:80', (request, response) => {
      seen.push(
        request.headers.authorization,
        request.headers.cookie,
        String(request.headers['x-key']),
        request.headers.accept,
      )
      response.end()
    })
    const { session } = world.open()
    const request = get('http://api.provider.example/here', { headers, contact: 'stored' })
    await testTask(session).request(request, never)
    expect(seen).toEqual(['Bearer abcdefgh', 'Bearer abcdefgh', undefined, undefined, 'undefined', 'text/html'])
  })

  test('turn a POST into a GET, or keep it, as their status says', async () => {
    const seen: string[] = []
    world.lab.http('198.18.0.10:80', (request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${body}`)
        const status = Number(request.url?.slice(1))
        if (status > 0) response.writeHead(status, { location: '/end' }).end()
        else response.end()
      })
    })
    const { session } = world.open()
    const task = testTask(session)
    for (const status of [302, 303, 307, 308])
      await task.request(get(`http://www.northwind.example/${status}`, { method: 'POST', body: 'data' }), never)
    expect(seen.filter((line) => line.includes('/end'))).toEqual([
      'GET /end ',
      'GET /end ',
      'POST /end data',
      'POST /end data',
    ])
  })
})
