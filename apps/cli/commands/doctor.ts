import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import type { Check } from '../doctor/check.ts'
import { checkHost, checkLab, checkServices, checkSettings } from '../doctor/installation.ts'
import { checkDirectory, checkPort, checkResolvers, checkSpace, checkVersions } from '../doctor/machine.ts'
import { exitCodes } from '../exit.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { indented } from '../output/text.ts'

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .summary('check this machine and installation')
    .description(
      'Checks what Mirage needs: versions, the data directory and who may write it, space, settings, the port, the host and its services, keys, resolvers, the lab. Sends nothing.',
    )
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  $ mirage doctor')
    .action(async ({ json }: { json?: boolean }) => {
      const checks = await everyCheck(cli, program.version() ?? '')
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

async function everyCheck(cli: Cli, version: string): Promise<Check[]> {
  const { dataDirectory, configFile, url } = cli.environment
  const { check, settings } = await checkSettings(configFile)
  const host = await checkHost(cli)
  const listens = url !== undefined || host.length > 1
  return [
    ...checkVersions(version),
    await checkDirectory(dataDirectory),
    await checkSpace(dataDirectory),
    check,
    // A host that runs may have the port itself.
    ...(settings.length > 0 && !listens ? [await checkPort(settings)] : []),
    ...host,
    ...checkServices(dataDirectory),
    ...(settings.length > 0 ? [checkResolvers(settings)] : []),
    await checkLab(dataDirectory),
  ]
}
