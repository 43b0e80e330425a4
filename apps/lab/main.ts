import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { labDirectory } from './environment.ts'
import { startLabInNamespace } from './namespace.ts'
import { readTrafficLog } from './protocols/traffic-log.ts'
import { startLab } from './start.ts'
import { labTruth } from './truth/truth.ts'
import { parseWorldSize } from './world/size.ts'

const usage = `usage: npx node apps/lab/main.ts start [--size demo|10k|100k|1m] [--seed N] [--directory DIR] [--no-log] [--idle MINUTES] [--netns NAME]
       npx node apps/lab/main.ts truth [--size …] [--seed N] [--modules a,b] [--blocks 198.18.8.0/22]
       npx node apps/lab/main.ts log [--directory DIR]
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    size: { type: 'string', default: 'demo' },
    seed: { type: 'string', default: '7' },
    directory: { type: 'string', default: labDirectory() },
    log: { type: 'boolean', default: true },
    modules: { type: 'string' },
    blocks: { type: 'string' },
    inside: { type: 'string' },
    netns: { type: 'string' },
    idle: { type: 'string', default: '30' },
    json: { type: 'boolean', default: true },
  },
})

try {
  if (positionals[0] === 'start') await (values.netns === undefined ? start() : startInNamespace(values.netns))
  else if (positionals[0] === 'log')
    for await (const entry of readTrafficLog(values.directory)) process.stdout.write(`${JSON.stringify(entry)}\n`)
  else if (positionals[0] === 'truth') {
    const options = {
      size: parseWorldSize(values.size),
      seed: Number(values.seed),
      ...(values.modules === undefined ? {} : { modules: values.modules.split(',') }),
      ...(values.blocks === undefined ? {} : { blocks: values.blocks.split(',') }),
    }
    for await (const line of labTruth(options))
      if (!process.stdout.write(`${JSON.stringify(line)}\n`)) await once(process.stdout, 'drain')
  } else throw new RangeError(usage)
} catch (error) {
  if (!(error instanceof RangeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

/** Runs the lab in a namespace until a signal. */
async function startInNamespace(name: string): Promise<void> {
  const size = parseWorldSize(values.size)
  await using lab = await startLabInNamespace({ name, size, seed: Number(values.seed), directory: values.directory })
  process.stdout.write(`${JSON.stringify({ namespace: name })}\n`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), lab.ended])
}

/** Runs until a signal, the control port, or so many minutes without traffic. */
async function start(): Promise<void> {
  let stop: () => void = () => {}
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  const lab = await startLab({
    size: parseWorldSize(values.size),
    seed: Number(values.seed),
    directory: values.directory,
    log: values.log,
    ...(values.inside === undefined ? {} : { inside: values.inside }),
    onStop: () => stop(),
  })
  process.once('SIGINT', () => stop())
  process.once('SIGTERM', () => stop())
  process.stdout.write(`${JSON.stringify({ pid: process.pid, socks: lab.description.dialMap.tcp.socks })}\n`)
  const idleMs = Number(values.idle) * 60_000
  const watch = setInterval(() => {
    if (idleMs > 0 && lab.idleSince() + idleMs < Date.now()) stop()
  }, 10_000)
  await stopped
  clearInterval(watch)
  await lab[Symbol.asyncDispose]()
}
