import type { Command } from 'commander'
import { messageOf, MirageError } from '@mirage/kit/errors.ts'
import type { Cli } from '../cli.ts'
import { Failure, UsageError } from '../exit.ts'
import { readConnectionFile } from '../host/connect.ts'
import { startApart, startPlatform } from '../host/platform.ts'

interface ServeOptions {
  port?: string
  split?: boolean
}

export function addServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .summary('start the platform with its API')
    .description(
      'Starts the platform on http://127.0.0.1:8000: a page with the last runs, and the API with its reference.',
    )
    .argument('[services...]', 'only these services, beside other processes that run the rest; without any, all')
    .option('--split', 'each service in a process of its own, started again when it dies or hangs')
    .option('--port <n>', 'the port to listen on instead of the one in the settings')
    .addHelpText(
      'after',
      `
Other commands on this machine are its clients. Elsewhere, set MIRAGE_URL and MIRAGE_API_KEY.
Ctrl-C stops it; runs under way are kept, and go on with “mirage resume”.

Examples:
  $ mirage serve                                        everything in one process
  $ mirage serve --split                                a process for each service
  $ mirage serve data-collection correlation-engine     these two, beside a process that runs the rest`,
    )
    .action(async (services: string[], { port, split }: ServeOptions) => {
      if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65_535))
        throw new UsageError(`--port: “${port}” is not a port; they go from 0 to 65535.`)
      if (port !== undefined && services.length > 0 && !services.includes('api-gateway'))
        throw new UsageError('--port is where api-gateway listens, which is not among these services: leave it out.')
      const options = { services, ...(port === undefined ? {} : { port: Number(port) }) }
      await explained(cli, services, () => (split ? serveApart(cli, options) : serve(cli, options)))
    })
}

interface What {
  services: string[]
  port?: number
}

async function serve(cli: Cli, what: What): Promise<void> {
  const { dataDirectory } = cli.environment
  await using host = await startPlatform({ dataDirectory, listen: true, ...what })
  sayWhere(cli, host, what.services.length > 0 ? `This process runs ${host.services.join(', ')}.` : undefined)
  await untilInterrupted(cli)
}

async function serveApart(cli: Cli, what: What): Promise<void> {
  const { people, environment } = cli
  const say = (line: string): void => people.complain(line)
  people.say('Starting each service in a process of its own …')
  const split = await startApart({ dataDirectory: environment.dataDirectory, say, ...what })
  const processes = Object.entries(split.processes()).map(([service, pid]) => `${service} ${pid}`)
  sayWhere(cli, split, `Processes: ${processes.join(', ')}`)
  await untilInterrupted(cli)
  await split.stop(cli.timeLeft() - 300)
}

function sayWhere(cli: Cli, { url, keyFile }: { url: string | undefined; keyFile: string }, who?: string): void {
  cli.people.say(
    ...(url === undefined
      ? ['The API is where api-gateway runs; this process listens on sockets in the data directory only.']
      : [`Mirage is at ${url}`, `API reference: ${url}/api/docs`, `The API key is in ${keyFile}`]),
    ...(who === undefined ? [] : [who]),
    `Data: ${cli.environment.dataDirectory}. Ctrl-C stops.`,
  )
}

async function untilInterrupted(cli: Cli): Promise<void> {
  await new Promise<void>((resolve) => {
    if (cli.signal.aborted) resolve()
    else cli.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  cli.people.say('Stopping; runs under way are kept.')
}

/** What stands in the way of a start, with the next step. */
async function explained(cli: Cli, services: string[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof MirageError) || error.code !== 'host.locked') throw error
    const running = readConnectionFile(cli.environment.dataDirectory)
    if (running?.url === undefined)
      throw new Failure(`${messageOf(error)} Wait for its run to end, or stop it; then start again.`)
    const where = `Mirage runs already at ${running.url} (process ${running.pid}).`
    throw new Failure(services.length > 0 ? `${where} ${messageOf(error)}` : where)
  }
}
