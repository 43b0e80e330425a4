import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { startFixtureServer } from '@mirage/network/dns/testing/fixture-server.ts'
import { expect, it } from 'vitest'
import { Installation, rowsOf } from './installation.ts'

/** The address that a target names: what stands for the public Internet here. */
const open = '127.0.0.2'

it('a scan of names that turn to this machine when they are asked again', { timeout: 120_000 }, async () => {
  const asked = new Map<string, number>()
  await using resolver = await startFixtureServer(({ name, type }) => {
    if (!name.endsWith('northwind.example') || type !== 'A') return { rcode: name.endsWith('.example') ? 0 : 3 }
    const before = asked.get(name) ?? 0
    asked.set(name, before + 1)
    return { answers: [{ type: 'A', name, ttl: 0, data: before === 0 ? open : '127.0.0.1' }] }
  })
  const served: string[] = []
  const outside = createHttpServer((request, response) => {
    served.push(`${request.headers.host} ${request.url}`)
    const { port } = outside.address() as AddressInfo
    const here = `http://${request.headers.host}`
    const other = (name: string) => `http://${name}.northwind.example:${port}`
    if (request.url === '/moved') return response.writeHead(302, { location: `${here}/inside` }).end()
    const links = [
      `${here}/again`,
      `${other('b')}/`,
      `${other('b')}/again`,
      `${other('c')}/moved`,
      `http://127.0.0.1:${port}/`,
    ]
    const text = links.map((link) => `<a href="${link}">here</a>`).join('')
    return response.setHeader('content-type', 'text/html').end(`<title>Outside</title>${text}`)
  })
  let arrived = 0
  const inside = createServer((socket) => {
    arrived++
    socket.destroy()
  })
  await new Promise<void>((resolve) => outside.listen(0, open, resolve))
  const { port } = outside.address() as AddressInfo
  await new Promise<void>((resolve) => inside.listen(port, '127.0.0.1', resolve))

  const variables = {
    MIRAGE_DATA_COLLECTION__ALLOW_PRIVATE_TARGETS: 'true',
    MIRAGE_SCAN_ORCHESTRATION__ALLOW_PRIVATE_TARGETS: 'true',
  }
  await using installation = await Installation.create({ variables })
  const targets = ['northwind.example', `http://a.northwind.example:${port}/`, open]
  const { code, stdout, stderr } = await installation.run(
    'scan',
    ...targets,
    '--resolvers',
    `127.0.0.1:${resolver.port}`,
    '--modules',
    'dns-resolve,crawler',
    '--json',
    '--quiet',
  )
  expect(code, stderr).toBe(0)
  const rows = rowsOf(stdout)
  expect(rows.at(-1)).toMatchObject({ status: 'finished', losses: 0 })
  expect(served).toContain(`a.northwind.example:${port} /`)
  const crawled = rows.filter(({ kind, module }) => kind === 'task' && module === 'crawler')
  expect(crawled.map(({ outcome }) => outcome)).toContain('out-of-scope')
  expect(Math.max(...asked.values())).toBeGreaterThan(1)
  expect(arrived).toBe(0)
  outside.closeAllConnections()
  outside.close()
  inside.close()
})
