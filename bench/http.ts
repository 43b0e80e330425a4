import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { silentLog } from '@mirage/kit/log.ts'
import { compileScope } from '@mirage/model/scope.ts'
import type { DialMap } from '@mirage/network/dial-map.ts'
import { openLimiter } from '@mirage/network/limiter.ts'
import { openNetwork } from '@mirage/network/session.ts'
import { testEngine } from '@mirage/network/testing/engine.ts'
import { fixture, openTestLab } from '@mirage/network/testing/lab.ts'
import { get, testRecorder } from '@mirage/network/testing/session.ts'
import { type Figure, tableOf } from './figure.ts'

const hosts = 1_000
/** Looked at before the clock starts: a scan is long, its first moment is not its speed. */
const warmUp = 200
const hostsAtOnce = 64

const names = Array.from({ length: hosts + warmUp }, (_, i) => ({
  name: `h${i}.northwind.example`,
  address: `198.18.${i >> 8}.${i & 255}`,
}))

/** The other side, in a thread of its own: one HTTPS server behind a SOCKS5 server, standing at every address. */
async function serve(): Promise<void> {
  const lab = await openTestLab()
  const page = `<!doctype html><title>Northwind</title>${'<p>Lorem ipsum dolor sit amet.</p>'.repeat(150)}`
  const icon = Buffer.alloc(1_150, 7)
  const server = createServer({ key: fixture('valid.key'), cert: fixture('valid.pem') }, (request, response) => {
    if (request.url === '/favicon.ico') response.writeHead(200, { 'content-type': 'image/x-icon' }).end(icon)
    else response.writeHead(200, { 'content-type': 'text/html', server: 'nginx' }).end(page)
  })
  for (const { address } of names) lab.stand(`${address}:443`, (socket) => server.emit('connection', socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is an AddressInfo.
  const { port } = server.address() as AddressInfo
  const ready: Ready = { dialMap: lab.dialMap, port }
  parentPort!.postMessage(ready, [])
}

interface Ready {
  dialMap: DialMap
  /** Where the HTTPS server stands without a lab before it. */
  port: number
}

/** The same pages by Node's own client, straight to the server: no scope, no SOCKS, nothing recorded. */
async function nodeSpeed(port: number, server: Worker): Promise<Speed> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: Infinity })
  const fetchPath = (servername: string, path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { host: servername }
      request({ host: '127.0.0.1', port, servername, path, agent, headers }, (response) => {
        response.resume().once('end', resolve)
      })
        .once('error', reject)
        .end()
    })
  const speed = await timed(server, async ({ name }) => {
    await fetchPath(name, '/')
    await fetchPath(name, '/favicon.ico')
  })
  agent.destroy()
  return speed
}

interface Speed {
  /** Requests a second. */
  rate: number
  /** Processor time of a request in microseconds, over all threads but the server's. It moves less with what else the machine does. */
  cpuUs: number
}

/** Two requests a host, over the hosts after the warm-up. */
async function timed(server: Worker, look: (host: (typeof names)[number]) => Promise<void>): Promise<Speed> {
  async function lookAt(some: typeof names): Promise<void> {
    const queue = some.values()
    await Promise.all(
      Array.from({ length: hostsAtOnce }, async () => {
        for (const host of queue) await look(host)
      }),
    )
  }
  await lookAt(names.slice(hosts))
  const startedAt = performance.now()
  const before = process.cpuUsage()
  const serverBefore = await server.cpuUsage()
  await lookAt(names.slice(0, hosts))
  const elapsedMs = performance.now() - startedAt
  const all = process.cpuUsage(before)
  const others = await server.cpuUsage(serverBefore)
  const requests = hosts * 2
  return {
    rate: Math.round((requests * 1_000) / elapsedMs),
    cpuUs: Math.round((all.user + all.system - others.user - others.system) / requests),
  }
}

/**
 * Looks at 1,000 HTTPS hosts on loopback through guard, dialer and recorder: page with title, headers and certificate,
 * then the favicon. Resolving and storing are in memory, so that it is HTTP that is measured.
 */
export async function benchHttp(): Promise<Figure[]> {
  const worker = new Worker(new URL(import.meta.url))
  try {
    const { dialMap, port } = await new Promise<Ready>((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    )
    const now = (): number => performance.now()
    const recorder = testRecorder()
    const network = openNetwork({
      recorder,
      limiter: openLimiter({ take: (_key, _bucket, _cost, now) => Promise.resolve(now), now }),
      engine: testEngine(
        Object.fromEntries(
          names.flatMap(({ name, address }) => [
            [`${name} A`, [address]],
            [`${name} AAAA`, []],
          ]),
        ),
        { ttl: 300 },
      ),
      now,
      log: silentLog,
      random: () => 0.5,
    })
    await using session = network.session({
      workspace: 'default',
      run: 'run_bench',
      generation: 1,
      scope: compileScope({ seeds: [{ type: 'domain', value: 'northwind.example' }] }),
      ceiling: 'target',
      dialMap,
      userAgent: 'mirage-bench',
    })
    const { signal } = new AbortController()
    await using task = session.task({
      module: 'http-probe',
      task: '1',
      attempt: 1,
      contact: 'target',
      limits: { group: 'http-probe' },
      secrets: [],
      signal,
      spend: () => {},
    })
    let titled = 0
    const { rate, cpuUs } = await timed(worker, async ({ name }) => {
      const page = await task.request(get(`https://${name}/`, { anyCertificate: true }), signal)
      if (/<title>([^<]*)/.test(Buffer.from(page.body).toString()) && page.tls?.chain.length === 1) titled++
      await task.request(get(`https://${name}/favicon.ico`, { anyCertificate: true }), signal)
    })
    if (titled !== names.length || recorder.exchanges.size !== names.length * 2)
      throw new Error(`only ${titled} of ${names.length} hosts were seen`)
    const memory = Math.round(process.memoryUsage().rss / 1e6)
    const peer = await nodeSpeed(port, worker)
    return [
      { name: 'HTTP probing, 1,000 HTTPS hosts', value: rate, unit: 'requests/s', peer: peer.rate, limit: 1_500 },
      { name: 'HTTP probing, processor time a request', value: cpuUs, unit: 'µs', peer: peer.cpuUs },
      { name: 'HTTP probing, memory', value: memory, unit: 'MB' },
    ]
  } finally {
    await worker.terminate()
  }
}

if (!isMainThread) await serve()
else if (import.meta.main) console.log(tableOf(await benchHttp()))
