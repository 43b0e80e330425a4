import type { Command } from 'commander'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Cli } from '../cli.ts'
import { readConnectionFile } from '../connect.ts'
import { Failure, UsageError } from '../exit.ts'
import { startPlatform } from '../serve.ts'

export function addServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .summary('start the platform with its API')
    .description(
      'Starts the platform on http://127.0.0.1:8000: a page with the last runs, and the API with its reference.',
    )
    .argument('[services...]', 'only these services; without any, all of them')
    .option('--port <n>', 'the port to listen on instead of the one in the settings')
    .addHelpText(
      'after',
      '\nOther commands on this machine are its clients. Elsewhere, set MIRAGE_URL and MIRAGE_API_KEY.\nCtrl-C stops it; runs under way are kept, and go on with “mirage resume”.',
    )
    .action(async (services: string[], { port }: { port?: string }) => {
      if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65_535))
        throw new UsageError(`--port: “${port}” is not a port; they go from 0 to 65535.`)
      await serve(cli, services, port === undefined ? undefined : Number(port))
    })
}

async function serve(cli: Cli, services: string[], port: number | undefined): Promise<void> {
  const { dataDirectory } = cli.environment
  try {
    await using host = await startPlatform({
      dataDirectory,
      listen: true,
      services,
      ...(port === undefined ? {} : { port }),
    })
    cli.people.say(
      `Mirage is at ${host.url}`,
      `API reference: ${host.url}/api/docs`,
      `The API key is in ${host.keyFile}`,
      `Data: ${dataDirectory}. Ctrl-C stops.`,
    )
    await new Promise<void>((resolve) => {
      if (cli.signal.aborted) resolve()
      else cli.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    cli.people.say('Stopping; runs under way are kept.')
  } catch (error) {
    if (!(error instanceof MirageError) || error.code !== 'host.locked') throw error
    const running = readConnectionFile(dataDirectory)
    throw new Failure(
      running?.url
        ? `Mirage runs already at ${running.url} (process ${running.pid}).`
        : `Another command is the host of ${dataDirectory}${running ? ` (process ${running.pid})` : ''}. Wait for its run to end, or stop it; then start again.`,
    )
  }
}
