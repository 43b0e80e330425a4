import { describe, expect, test } from 'vitest'
import { fixture } from '../testing/lab.ts'
import { get, testTask } from '../testing/session.ts'
import { never, outcomeOf, testWorld, text } from '../testing/world.ts'

const world = testWorld({
  targets: ['northwind.example'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
    'old.northwind.example A': ['198.18.0.11'],
    'api.provider.example A': ['198.18.0.20'],
  },
})

describe('certificates', () => {
  test.each([
    ['expired', 'old.northwind.example', '198.18.0.11', 'CERT_HAS_EXPIRED'],
    ['valid', 'old.northwind.example', '198.18.0.11', undefined],
    ['nameless', 'www.northwind.example', '198.18.0.10', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['valid', 'www.northwind.example', '198.18.0.10', undefined],
  ] as const)('%s for %s', async (certificate, name, address, untrusted) => {
    world.lab.https(`${address}:443`, (_request, response) => response.end('page'), certificate)
    const { session } = world.open()
    const task = testTask(session)
    const looked = await task.request(get(`https://${name}/`, { anyCertificate: true }), never)
    expect(text(looked.body)).toBe('page')
    expect(looked.tls?.untrusted).toBe(untrusted)
    expect(looked.tls?.chain).toHaveLength(1)
    const strict = task.request(get(`https://${name}/`), never)
    const outcome = await strict.then(
      ({ status }) => String(status),
      (error: unknown) => outcomeOf(Promise.reject(error)),
    )
    expect(outcome).toBe(untrusted === undefined ? '200' : 'unreachable certificate')
  })

  test('without names of hosts is compared by its common name', async () => {
    world.lab.https('198.18.0.10:443', (_request, response) => response.end('page'), 'common-name')
    world.lab.https('198.18.0.11:443', (_request, response) => response.end('page'), 'common-name')
    const { session } = world.open({ dialMap: { ...world.lab.dialMap, ca: fixture('common-name.pem') } })
    const task = testTask(session)
    expect((await task.request(get('https://www.northwind.example/'), never)).tls?.untrusted).toBeUndefined()
    const other = await task.tls.peer('old.northwind.example', 443)
    expect(other?.untrusted).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  test('a provider must present a valid one, whatever the request says', async () => {
    world.lab.https('198.18.0.20:443', (_request, response) => response.end(), 'expired')
    const { session } = world.open()
    const request = get('https://api.provider.example/', { contact: 'stored', anyCertificate: true })
    expect(await outcomeOf(testTask(session).request(request, never))).toBe('unreachable certificate')
  })
})

describe('names that move', () => {
  test('a kept connection is of no use once its address is not the name’s any more', async () => {
    world.lab.http('198.18.0.10:80', (_request, response) => response.end('old'))
    world.lab.http('198.18.0.13:80', (_request, response) => response.end('new'))
    const { session, engine } = world.open()
    const task = testTask(session)
    await task.request(get('http://www.northwind.example/'), never)
    engine.zone['www.northwind.example A'] = ['198.18.0.13']
    expect(text((await task.request(get('http://www.northwind.example/'), never)).body)).toBe('new')
  })

  test('rebinding to an address that is never dialled is refused, kept connection or not', async () => {
    world.lab.http('198.18.0.10:80', (_request, response) => response.end('ok'))
    const { session, engine } = world.open()
    const task = testTask(session)
    await task.request(get('http://www.northwind.example/'), never)
    engine.zone['www.northwind.example A'] = ['127.0.0.1']
    expect(await outcomeOf(task.request(get('http://www.northwind.example/'), never))).toBe('out-of-scope outside-lab')
    engine.zone['www.northwind.example A'] = ['127.0.0.1', '198.18.0.10']
    expect((await task.request(get('http://www.northwind.example/'), never)).address).toBe('198.18.0.10')
    expect(new Set(world.lab.dialled)).toEqual(new Set(['198.18.0.10:80']))
  })

  test('the address that was checked is the one that is dialled, without another look-up', async () => {
    world.lab.http('198.18.0.10:80', (_request, response) => response.end('ok'))
    const { session, engine } = world.open()
    const answers = [['198.18.0.10']] // whoever asks again gets another one
    Object.defineProperty(engine.zone, 'www.northwind.example A', { get: () => answers.pop() ?? ['198.18.0.66'] })
    await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(engine.asked).toEqual(['www.northwind.example A', 'www.northwind.example AAAA'])
    expect(world.lab.dialled).toEqual(['198.18.0.10:80'])
  })
})
