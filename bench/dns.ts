import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DnsQuestion } from '@mirage/model/exchange.ts'
import { openDnsEngine } from '@mirage/network/dns/engine.ts'
import { startNsd } from '@mirage/network/dns/testing/nsd.ts'
import type { DnsLane } from '@mirage/network/dns/lane.ts'
import { type Figure, tableOf } from './figure.ts'

const names = 100_000
const secondsEach = 2
const rounds = 3

function zone(): string {
  const lines = [
    '$ORIGIN bench.test.',
    '$TTL 300',
    '@ SOA ns.bench.test. host.bench.test. 1 3600 600 86400 300',
    '@ NS ns',
    'ns A 127.0.0.1',
  ]
  for (let i = 0; i < names; i++) lines.push(`h${i} A 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`)
  return `${lines.join('\n')}\n`
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
}

async function dnsperf(port: number, folder: string): Promise<number> {
  const list = join(folder, 'queries')
  let text = ''
  for (let i = 0; i < names; i++) text += `h${i}.bench.test A\n`
  await writeFile(list, text)
  const child = spawn('dnsperf', [
    '-s',
    '127.0.0.1',
    '-p',
    String(port),
    '-d',
    list,
    '-T',
    '1',
    '-c',
    '8',
    '-q',
    '1000',
    '-l',
    String(secondsEach),
  ])
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part))
  await exited(child)
  return Number(/Queries per second:\s+([\d.]+)/.exec(output)?.[1] ?? 0)
}

function* questions(): Generator<DnsQuestion> {
  for (;;) for (let i = 0; i < names; i++) yield { name: `h${i}.bench.test`, type: 'A' }
}

/** Answers a second, each decoded; fails when one is missing or wrong. */
async function measure(lane: DnsLane): Promise<number> {
  const startedAt = performance.now()
  let count = 0
  for await (const chunk of lane.resolveChunks(questions())) {
    for (const answer of chunk.answers()) {
      const expected = Number(answer.name.slice(1, answer.name.indexOf('.')))
      const data = `10.${(expected >> 16) & 255}.${(expected >> 8) & 255}.${expected & 255}`
      if (answer.records[0]?.data !== data) throw new Error(`${answer.name}: ${answer.status}, not ${data}`)
    }
    count += chunk.count
    if (performance.now() - startedAt > secondsEach * 1000) break
  }
  return (count * 1000) / (performance.now() - startedAt)
}

/** Keeps the main thread half busy: 20 ms of work, then 20 ms free. */
function keepBusy(): Disposable {
  const timer = setInterval(() => {
    const until = performance.now() + 20
    while (performance.now() < until) JSON.parse('{"a":[1,2,3,{"b":"c"}]}')
  }, 40)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** The DNS engine beside `dnsperf`, against the same `nsd` on loopback. */
export async function benchDns(): Promise<Figure[]> {
  await using nsd = await startNsd([{ name: 'bench.test', text: zone() }])
  await using engine = openDnsEngine()
  async function run(): Promise<number> {
    await using lane = engine.lane({
      resolvers: [{ address: '127.0.0.1', port: nsd.port }],
      recursion: false,
      edns: false,
      cacheBytes: 0,
      probes: false,
    })
    return await measure(lane)
  }
  await run()
  // In turns, so that what else the machine does hits all of them.
  const peers: number[] = []
  const idle: number[] = []
  const busy: number[] = []
  for (let round = 0; round < rounds; round++) {
    peers.push(await dnsperf(nsd.port, nsd.folder))
    idle.push(await run())
    using _ = keepBusy()
    busy.push(await run())
  }
  const peer = median(peers)
  const limit = Math.max(100_000, 0.7 * peer)
  return [
    { name: 'dns answers, main thread idle', value: median(idle), unit: 'answers/s', peer, limit },
    { name: 'dns answers, main thread half busy', value: median(busy), unit: 'answers/s', peer, limit },
  ]
}

function median(values: number[]): number {
  return Math.round(values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0)
}

if (import.meta.main) console.log(tableOf(await benchDns()))
