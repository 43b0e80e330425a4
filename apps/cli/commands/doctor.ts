import { constants } from 'node:fs'
import { access, mkdir, readFile, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Cli } from '../cli.ts'
import { connectToHost, readConnectionFile } from '../connect.ts'
import { exitCodes } from '../exit.ts'
import { runningWorld } from '../lab.ts'
import { isAlive } from '../presence.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { table } from '../output/table.ts'
import { bytes, counted } from '../output/text.ts'

/** One thing that was looked at. */
interface Check {
  name: string
  state: 'ok' | 'note' | 'bad'
  /** What is so, and for what is bad the next step. */
  text: string
}

/** Below this no work is handed out, so that nothing is ever half written. */
const leastFree = 512 << 20

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .summary('check this machine and installation')
    .description(
      'Checks what Mirage needs: Node, the data directory, space, the host, resolvers, the lab. Sends nothing.',
    )
    .option('--json', 'one JSON object a line')
    .action(async ({ json }: { json?: boolean }) => {
      const checks = [
        checkNode(),
        await checkDirectory(cli),
        await checkSpace(cli),
        ...(await checkHost(cli)),
        await checkResolvers(),
        await checkLab(cli),
      ]
      if (checks.some(({ state }) => state === 'bad')) cli.exitWith(exitCodes.failed)
      if (json) {
        for (const check of checks) await cli.results.write(jsonLine(check))
        return
      }
      const { style } = cli
      const signs = { ok: style.green('ok'), note: style.yellow('note'), bad: style.red('bad') }
      const rows = checks.map(({ name, state, text }) => [
        { text: state, paint: () => signs[state] },
        name,
        printable(text),
      ])
      for (const line of table(rows)) await cli.results.write(`${line}\n`)
    })
}

function checkNode(): Check {
  const major = Number(process.versions.node.split('.')[0])
  const text = `${process.versions.node} at ${process.execPath}`
  return major >= 24
    ? { name: 'Node', state: 'ok', text }
    : { name: 'Node', state: 'bad', text: `${text}; 24 or later is needed: run “npm ci” and use npx` }
}

async function checkDirectory({ environment: { dataDirectory } }: Cli): Promise<Check> {
  const name = 'data directory'
  try {
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
    await access(dataDirectory, constants.R_OK | constants.W_OK | constants.X_OK)
    const { mode } = await stat(dataDirectory)
    if ((mode & 0o077) === 0) return { name, state: 'ok', text: dataDirectory }
    return { name, state: 'note', text: `${dataDirectory} is open to others; close it: chmod 700 ${dataDirectory}` }
  } catch (error) {
    return {
      name,
      state: 'bad',
      text: `${dataDirectory} cannot be used (${messageOf(error)}); set MIRAGE_DATA to another`,
    }
  }
}

async function checkSpace({ environment: { dataDirectory } }: Cli): Promise<Check> {
  try {
    const { bavail, bsize, blocks } = await statfs(dataDirectory).catch(() => statfs(dirname(dataDirectory)))
    const free = bavail * bsize
    const text = `${bytes(free)} free of ${bytes(blocks * bsize)}`
    return free >= Math.max(leastFree, 0.05 * blocks * bsize)
      ? { name: 'space', state: 'ok', text }
      : { name: 'space', state: 'bad', text: `${text}: runs wait until there are ${bytes(leastFree)} and 5 % free` }
  } catch (error) {
    return { name: 'space', state: 'note', text: `it cannot be told (${messageOf(error)})` }
  }
}

async function checkHost(cli: Cli): Promise<Check[]> {
  const { environment } = cli
  if (environment.url !== undefined) return [await checkElsewhere(cli, environment.url)]
  const file = readConnectionFile(environment.dataDirectory)
  if (!file) return [{ name: 'host', state: 'ok', text: 'none runs; each command starts its own' }]
  if (!isAlive(file.pid))
    return [
      {
        name: 'host',
        state: 'note',
        text: `none runs; process ${file.pid} left its connection.json, the next replaces it`,
      },
    ]
  try {
    await using connection = await connectToHost(environment.dataDirectory)
    if (!connection)
      return [
        { name: 'host', state: 'note', text: `process ${file.pid} is alive and does not answer on ${file.socket}` },
      ]
    const { total } = await connection.api.scans.listRuns({ limit: 1 })
    return [{ name: 'host', state: 'ok', text: `process ${file.pid} at ${connection.where}, ${counted(total, 'run')}` }]
  } catch (error) {
    return [{ name: 'host', state: 'bad', text: messageOf(error) }]
  }
}

async function checkElsewhere(cli: Cli, url: string): Promise<Check> {
  try {
    const { api } = await cli.connect()
    const { total } = await api.scans.listRuns({ limit: 1 })
    return { name: 'host', state: 'ok', text: `${url} (MIRAGE_URL), ${counted(total, 'run')}` }
  } catch (error) {
    return { name: 'host', state: 'bad', text: messageOf(error) }
  }
}

/** The resolvers of this machine, which runs use that name none; nothing is asked. */
async function checkResolvers(): Promise<Check> {
  try {
    const text = await readFile('/etc/resolv.conf', 'utf8')
    const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server!)
    return servers.length > 0
      ? { name: 'resolvers', state: 'ok', text: `${servers.join(', ')} (/etc/resolv.conf)` }
      : { name: 'resolvers', state: 'note', text: '/etc/resolv.conf names none; give --resolvers to scans' }
  } catch (error) {
    return {
      name: 'resolvers',
      state: 'note',
      text: `/etc/resolv.conf cannot be read (${messageOf(error)}); give --resolvers`,
    }
  }
}

async function checkLab({ environment: { dataDirectory } }: Cli): Promise<Check> {
  try {
    const running = await runningWorld(dataDirectory)
    const text = running
      ? `world ${running.size}, seed ${running.seed}, process ${running.pid}`
      : 'none runs; --lab starts it'
    return { name: 'lab', state: 'ok', text }
  } catch (error) {
    return { name: 'lab', state: 'bad', text: messageOf(error) }
  }
}
