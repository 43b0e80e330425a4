import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setDefaultCACertificates } from 'node:tls'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { silentLog } from '@mirage/kit/log.ts'
import { openLimiter } from '@mirage/network/limits/limiter.ts'
import { openNetwork } from '@mirage/network/session.ts'
import { testEngine } from '@mirage/network/testing/engine.ts'
import { fixture } from '@mirage/network/testing/lab.ts'
import { get, testRecorder, testScope } from '@mirage/network/testing/session.ts'
import { type Figure, tableOf } from './figure.ts'

const hosts = 1_000
/** Looked at before the clock starts: a scan is long, and its first seconds go into compiling. */
const warmUp = 1_000
const hostsAtOnce = 64

const names = Array.from({ length: hosts + warmUp }, (_, i) => `h${i}.northwind.example`)

/** The other side, in a thread of its own: one HTTPS server for every name. */
async function serve(): Promise<void> {
  const page = `<!doctype html><title>Northwind</title>${'<p>Lorem ipsum dolor sit amet.</p>'.repeat(150)}`
  const icon = Buffer.alloc(1_150, 7)
  // As nginx does, it takes the first cipher of the client's.
  const options = { key: fixture('valid.key'), cert: fixture('valid.pem'), honorCipherOrder: false }
  const server = createServer(options, (request, response) => {
    if (request.url === '/favicon.ico') response.writeHead(200, { 'content-type': 'image/x-icon' }).end(icon)
    else response.writeHead(200, { 'content-type': 'text/html', server: 'nginx' }).end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is an AddressInfo.
  const { port } = server.address() as AddressInfo
  parentPort!.postMessage(port, [])
}

/** The same pages by Node's own client: no scope, no look-ups, nothing recorded. */
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
  const speed = await timed(server, async (name) => {
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
  /** The same, of the server's thread. */
  serverUs: number
}

/** Two requests a host, over the hosts after the warm-up. */
async function timed(server: Worker, look: (name: string) => Promise<void>): Promise<Speed> {
  async function lookAt(some: typeof names): Promise<void> {
    const queue = some.values()
    await Promise.all(
      Array.from({ length: hostsAtOnce }, async () => {
        for (const name of queue) await look(name)
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
  const serverUs = others.user + others.system
  return {
    rate: Math.round((requests * 1_000) / elapsedMs),
    cpuUs: Math.round((all.user + all.system - serverUs) / requests),
    serverUs: Math.round(serverUs / requests),
  }
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
}

/**
 * Looks at 1,000 HTTPS hosts on loopback through guard, dialer and recorder, as a scan of the Internet does: page with
 * title, headers and certificate, which is verified, then the favicon. Resolving and storing are in memory, so that it is
 * HTTP that is measured.
 */
export async function benchHttp(): Promise<Figure[]> {
  const worker = new Worker(new URL(import.meta.url))
  try {
    const port = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject))
    setDefaultCACertificates([fixture('ca.pem')])
    const now = (): number => performance.now()
    const recorder = testRecorder()
    const network = openNetwork({
      recorder,
      limiter: openLimiter({ take: (_key, _bucket, _cost, now) => Promise.resolve(now), now }),
      engine: testEngine(
        Object.fromEntries(
          names.flatMap((name) => [
            [`${name} A`, ['127.0.0.1']],
            [`${name} AAAA`, []],
          ]),
        ),
        { ttl: 300 },
      ),
      now,
      log: silentLog,
      random: () => 0.5,
      allowPrivate: true,
    })
    await using session = network.session({
      workspace: 'default',
      run: 'run_bench',
      generation: 1,
      scope: testScope(['northwind.example', '127.0.0.0/8']),
      ceiling: 'target',
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
    const { rate, cpuUs, serverUs } = await timed(worker, async (name) => {
      const page = await task.request(get(`https://${name}:${port}/`, { anyCertificate: true }), signal)
      if (/<title>([^<]*)/.test(latin1(page.body)) && page.tls?.chain.length === 1 && !page.tls.untrusted) titled++
      await task.request(get(`https://${name}:${port}/favicon.ico`, { anyCertificate: true }), signal)
    })
    if (titled !== names.length || recorder.exchanges.size !== names.length * 2)
      throw new Error(`only ${titled} of ${names.length} hosts were seen`)
    const memory = Math.round(process.memoryUsage().rss / 1e6)
    const peer = await nodeSpeed(port, worker)
    return [
      { name: 'HTTP probing, 1,000 HTTPS hosts', value: rate, unit: 'requests/s', peer: peer.rate, limit: 1_500 },
      { name: 'HTTP probing, processor time a request', value: cpuUs, unit: 'µs', peer: peer.cpuUs },
      { name: 'HTTP probing, the server’s own', value: serverUs, unit: 'µs', peer: peer.serverUs },
      { name: 'HTTP probing, memory', value: memory, unit: 'MB' },
    ]
  } finally {
    await worker.terminate()
  }
}

if (!isMainThread) await serve()
else if (import.meta.main) console.log(tableOf(await benchHttp()))
