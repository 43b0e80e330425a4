import { once } from 'node:events'
import { type Command, Option } from 'commander'
import type { LabDescription, WorldSize } from '@mirage/lab/lab.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Cli } from '../cli.ts'
import { Failure, UsageError } from '../exit.ts'
import { labDirectoryOf, loadLab, makeLabDirectory } from '../host/lab.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { demoLab, labSizes } from '../scan/definition.ts'

type LabModule = Awaited<ReturnType<typeof loadLab>>

interface WorldOptions {
  size?: string
  seed?: string
}

const help = `
The lab answers as DNS, HTTP(S), TLS, TCP, RDAP, WHOIS and the APIs of the sources, from one known world. “--lab” makes a
scan meet it; that starts it by itself. Started here, it stays in the foreground, also for other tools.

Examples:
  $ mirage lab --size 10k --seed 7
  $ sudo mirage lab --netns labnet       a network namespace of its own, with real ports and addresses
  $ mirage lab truth --json              everything there is to find, and which modules can find it
  $ mirage lab log --json                every packet and request the lab received
  $ mirage lab stop                      ends it, wherever it was started`

export function addLab(program: Command, cli: Cli): void {
  const command = program
    .command('lab')
    .summary('a synthetic internet to scan, on this machine')
    .description('Starts the lab: a synthetic internet on this machine, with the demo company northwind.example.')
    .option('--netns <name>', 'in a network namespace of its own; needs root')
    .addHelpText('after', help)
    .enablePositionalOptions() // otherwise “lab truth --size 10k” gives the size to “lab”
  addWorld(command).action(async (options: WorldOptions & { netns?: string }) => {
    const lab = await loadLab()
    const { size, seed } = readWorld(options, demoLab, lab)
    const directory = makeLabDirectory(cli.environment.dataDirectory)
    const running = await lab.runningLab(directory)
    if (running)
      throw new Failure(
        `A lab of size ${running.size} and seed ${running.seed} runs already (process ${running.pid}); end it with “mirage lab stop”.`,
      )
    const stopped = new AbortController()
    const stop = (): void => stopped.abort()
    try {
      await using started =
        options.netns === undefined
          ? await lab.startLab({ size, seed, directory, onStop: stop })
          : await lab.startLabInNamespace({ name: options.netns, size, seed, directory })
      if ('ended' in started) void started.ended.then(stop, stop)
      cli.people.say(...aboutLab(started.description, cli), 'Ctrl-C stops it.')
      await ended(AbortSignal.any([cli.signal, stopped.signal]))
    } catch (error) {
      throw new Failure(messageOf(error), { cause: error })
    }
  })

  command
    .command('stop')
    .summary('stop the lab of this data directory')
    .description('Stops the lab of this data directory.')
    .action(async () => {
      const { stopLab } = await loadLab()
      const ran = await stopLab(labDirectoryOf(cli.environment.dataDirectory))
      cli.people.say(ran ? 'The lab is stopped.' : 'No lab runs here.')
    })

  addWorld(
    command
      .command('truth')
      .summary('everything there is to find, and by which modules')
      .description(
        'Prints every entity and relationship of a world, with the modules that can discover it: of the lab that runs here, where the options leave it open.',
      )
      .option('--json', 'one JSON object a line'),
  ).action(async ({ json, ...world }: WorldOptions & { json?: boolean }) => {
    const lab = await loadLab()
    const running = await lab.runningLab(labDirectoryOf(cli.environment.dataDirectory))
    for await (const row of lab.labTruth(readWorld({ ...command.opts(), ...world }, running ?? demoLab, lab))) {
      if (json) await cli.results.write(jsonLine(row))
      else {
        const by = row.by.length > 0 ? row.by.join(', ') : 'nobody'
        const what = row.kind === 'entity' ? `${row.type}:${row.value}` : `${row.from} ${row.type} ${row.to}`
        await cli.results.write(`${printable(what)}\t${by}\n`)
      }
    }
  })

  command
    .command('log')
    .summary('every packet and request that it received')
    .description('Prints every packet and request the lab of this data directory received.')
    .option('--json', 'one JSON object a line')
    .action(async ({ json }: { json?: boolean }) => {
      const { readLabLog } = await loadLab()
      let n = 0
      for await (const row of readLabLog(labDirectoryOf(cli.environment.dataDirectory))) {
        n++
        if (json) await cli.results.write(jsonLine(row))
        else {
          const { at, from, by, protocol, host, role, detail } = row
          await cli.results.write(`${[at, from, by, protocol, host, role, detail].map(printable).join('\t')}\n`)
        }
      }
      if (n > 0) return
      const { program } = cli.environment
      cli.people.say(`No lab of this data directory has received anything yet: ${program} scan northwind.example --lab`)
    })
}

function addWorld(command: Command): Command {
  return command
    .addOption(new Option('--size <size>', `of the world (default: ${demoLab.size})`).choices(labSizes))
    .option('--seed <n>', `the number the world is made from (default: ${demoLab.seed})`)
}

/** The world of the options; what they leave open is that of `open`. */
function readWorld(
  { size, seed }: WorldOptions,
  open: { size: string; seed: number },
  { parseWorldSize }: LabModule,
): { size: WorldSize; seed: number } {
  if (seed !== undefined && !/^\d+$/.test(seed)) throw new UsageError(`--seed: “${seed}” is not a whole number.`)
  return { size: parseWorldSize(size ?? open.size), seed: seed === undefined ? open.seed : Number(seed) }
}

function aboutLab({ size, seed, dialMap, namespace }: LabDescription, { environment }: Cli): string[] {
  const head = `The lab runs: world ${size}, seed ${seed}.`
  if (namespace !== undefined)
    return [
      head,
      `  scan it   ip netns exec ${namespace} ${environment.program} scan northwind.example --lab`,
      `  by hand   ip netns exec ${namespace} curl https://www.northwind.example/`,
    ]
  return [
    head,
    `  scan it   ${environment.program} scan northwind.example --lab`,
    `  by hand   a SOCKS5 proxy at ${dialMap.tcp.socks}`,
    ...Object.entries(dialMap.udp)
      .slice(0, 3)
      .map(([server, at]) => `            DNS server ${server} at ${at} (UDP)`),
  ]
}

async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}
