import { createServer } from 'node:https'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { silentLog } from '@mirage/kit/log.ts'
import { compileScope } from '@mirage/model/scope.ts'
import type { DialMap } from '@mirage/network/dial-map.ts'
import { openLimiter } from '@mirage/network/limiter.ts'
import { openNetwork } from '@mirage/network/session.ts'
import { testEngine } from '@mirage/network/testing/engine.ts'
import { fixture, openTestLab } from '@mirage/network/testing/lab.ts'
import { get, testRecorder } from '@mirage/network/testing/session.ts'

export interface Figure {
  name: string
  value: number
  unit: string
  /** What another tool reached in the same run. */
  peer?: number
  /** What is asked for at least. */
  limit?: number
}

const hosts = 1_000
const hostsAtOnce = 64

const names = Array.from({ length: hosts }, (_, i) => ({
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
  parentPort!.postMessage(lab.dialMap, [])
}

/**
 * Looks at 1,000 HTTPS hosts on loopback through guard, dialer and recorder: page with title, headers and certificate,
 * then the favicon. Resolving and storing are in memory, so that it is HTTP that is measured.
 */
export async function benchHttp(): Promise<Figure[]> {
  const worker = new Worker(new URL(import.meta.url))
  try {
    const dialMap = await new Promise<DialMap>((resolve, reject) =>
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
    async function look(name: string): Promise<void> {
      const page = await task.request(get(`https://${name}/`, { anyCertificate: true }), signal)
      if (/<title>([^<]*)/.test(Buffer.from(page.body).toString()) && page.tls?.chain.length === 1) titled++
      await task.request(get(`https://${name}/favicon.ico`, { anyCertificate: true }), signal)
    }
    const queue = names[Symbol.iterator]()
    const startedAt = now()
    await Promise.all(
      Array.from({ length: hostsAtOnce }, async () => {
        for (const { name } of queue) await look(name)
      }),
    )
    const seconds = (now() - startedAt) / 1_000
    if (titled !== hosts || recorder.exchanges.size !== hosts * 2)
      throw new Error(`only ${titled} of ${hosts} hosts were seen`)
    return [
      {
        name: 'HTTP probing, 1,000 HTTPS hosts',
        value: Math.round((hosts * 2) / seconds),
        unit: 'requests/s',
        limit: 1_500,
      },
      { name: 'HTTP probing, memory', value: Math.round(process.memoryUsage().rss / 1e6), unit: 'MB' },
    ]
  } finally {
    await worker.terminate()
  }
}

if (!isMainThread) await serve()
else if (import.meta.main) console.table(await benchHttp())
