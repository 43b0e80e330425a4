import type { Command } from 'commander'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Cli } from '../cli.ts'
import { bad, type Check } from '../doctor/check.ts'
import { checkHost, checkLab, checkServices, checkSettings } from '../doctor/installation.ts'
import {
  checkBallast,
  checkDirectory,
  checkPort,
  checkResolvers,
  checkSpace,
  checkVersions,
} from '../doctor/machine.ts'
import { checkSecrets } from '../doctor/secrets.ts'
import { storeChecks } from '../doctor/stores.ts'
import { exitCodes } from '../exit.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { indented } from '../output/text.ts'
import { checkStores } from '../host/platform.ts'

/** How long the files of the stores are looked at unless more is asked for, milliseconds. */
const lookMs = 15_000

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .summary('check this machine and installation')
    .description(
      'Checks what Mirage needs: versions, the data directory and who may write it, space, the files of the stores and of the keys, settings, the port, the host and its services, keys, resolvers, the lab. Sends and changes nothing, and may be used while Mirage runs.',
    )
    .option('--thorough', 'look at all of every file, however long that takes; else for 15 seconds')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  $ mirage doctor\n  $ mirage doctor --thorough   after a disk that failed')
    .action(async ({ json, thorough }: { json?: boolean; thorough?: boolean }) => {
      const checks = await everyCheck(cli, program.version() ?? '', thorough ? Infinity : lookMs)
      if (checks.some(({ state }) => state === 'bad')) cli.exitWith(exitCodes.failed)
      if (json) {
        for (const check of checks) await cli.results.write(jsonLine(check))
        return
      }
      for (const line of linesOf(checks, cli)) await cli.results.write(`${line}\n`)
    })
}

function linesOf(checks: Check[], { style, stdout }: Cli): string[] {
  const paint = { ok: style.green, note: style.yellow, bad: style.red }
  const width = Math.max(...checks.map(({ name }) => name.length))
  const indent = ' '.repeat(6 + width + 2)
  return checks.flatMap(({ state, name, text }) =>
    indented(printable(text), indent, stdout.isTTY ? (stdout.columns ?? 80) : undefined).map((line, index) =>
      index === 0 ? `${paint[state](state.padEnd(6))}${name.padEnd(width + 2)}${line.slice(indent.length)}` : line,
    ),
  )
}

async function everyCheck(cli: Cli, version: string, lookMs: number): Promise<Check[]> {
  const { dataDirectory, configFile, url } = cli.environment
  const { check, settings } = await checkSettings(configFile)
  const host = await checkHost(cli)
  const listens = url !== undefined || host.length > 1
  return [
    ...checkVersions(version),
    await checkDirectory(dataDirectory),
    await checkSpace(dataDirectory),
    // Those of another installation are not here.
    ...(url === undefined ? await checkData(dataDirectory, lookMs) : []),
    check,
    // A host that runs may have the port itself.
    ...(settings.length > 0 && !listens ? [await checkPort(settings)] : []),
    ...host,
    ...checkServices(dataDirectory),
    ...(settings.length > 0 ? [checkResolvers(settings)] : []),
    await checkLab(dataDirectory),
  ]
}

async function checkData(dataDirectory: string, lookMs: number): Promise<Check[]> {
  try {
    return [
      ...(await checkBallast(dataDirectory)),
      ...checkSecrets(dataDirectory),
      ...storeChecks(dataDirectory, await checkStores(dataDirectory, lookMs)),
    ]
  } catch (error) {
    return [bad('stores', `they cannot be looked at (${messageOf(error)})`)]
  }
}
