import { constants, existsSync } from 'node:fs'
import { access, readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import { makeFolder } from '@mirage/kit/folder.ts'
import { refusalToListen } from '@mirage/kit/tcp-port.ts'
import { ballastOf, type Setting } from '../host/platform.ts'
import { bytes } from '../output/text.ts'
import { bad, type Check, note, ok } from './check.ts'

/** Below this no work is handed out, so that nothing is ever half written. */
const leastFree = 512 << 20

export function checkVersions(mirage: string): Check[] {
  const major = Number(process.versions.node.split('.')[0])
  const node = `${process.versions.node} at ${process.execPath}`
  return [
    ok('Mirage', mirage),
    major >= 24
      ? ok('Node', `${node}, SQLite ${process.versions['sqlite'] ?? 'of unknown version'}`)
      : bad('Node', `${node}; 24 or later is needed: run “npm ci” and use npx`),
  ]
}

/** Whether the data directory, and what lies in it, can be written, and whether others can read it. */
export async function checkDirectory(dataDirectory: string): Promise<Check> {
  const name = 'data directory'
  const usable = constants.R_OK | constants.W_OK
  try {
    makeFolder(dataDirectory)
    await access(dataDirectory, usable | constants.X_OK)
    for (const entry of await readdir(dataDirectory))
      await access(join(dataDirectory, entry), usable).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error // gone meanwhile
      })
    const { mode } = await stat(dataDirectory)
    if ((mode & 0o077) === 0) return ok(name, dataDirectory)
    return note(name, `${dataDirectory} is open to others; close it: chmod 700 ${dataDirectory}`)
  } catch (error) {
    return bad(
      name,
      `${dataDirectory} cannot be used (${messageOf(error)}); make it yours, or set MIRAGE_DATA to another`,
    )
  }
}

export async function checkSpace(dataDirectory: string): Promise<Check> {
  try {
    const { bavail, bsize, blocks } = await statfs(dataDirectory).catch(() => statfs(dirname(dataDirectory)))
    const free = bavail * bsize
    const text = `${bytes(free)} free of ${bytes(blocks * bsize)}`
    return free >= Math.max(leastFree, 0.05 * blocks * bsize)
      ? ok('space', text)
      : bad('space', `${text}: runs wait until there are ${bytes(leastFree)} and 5 % free`)
  } catch (error) {
    return note('space', `it cannot be told (${messageOf(error)})`)
  }
}

/** Space that is kept back for the day when the disk is full: a host makes it, and gives it away when there is no other. */
export async function checkBallast(dataDirectory: string): Promise<Check[]> {
  if (!existsSync(join(dataDirectory, 'host.lock'))) return [] // no host was ever here
  const { kept, wanted } = await ballastOf(dataDirectory)
  if (kept >= wanted) return [ok('ballast', `${bytes(kept)} kept back for a full disk`)]
  return [
    note(
      'ballast',
      `${bytes(kept)} of ${bytes(wanted)} kept back for a full disk; a host makes the rest where ${bytes(4 * wanted)} are free`,
    ),
  ]
}

/** Whether “serve” could listen where the settings say. */
export async function checkPort(settings: Setting[]): Promise<Check> {
  const of = (name: string): string =>
    String(settings.find((one) => one.section === 'server' && one.name === name)?.value)
  const [host, port] = [of('host'), Number(of('port'))]
  const refusal = await refusalToListen(host, port)
  if (refusal === undefined) return ok('port', `${host}:${port} is free for “serve”`)
  const why = refusal === 'EADDRINUSE' ? 'is taken by another program' : `cannot be listened at (${refusal})`
  return note('port', `${host}:${port} ${why}: give “serve” another with --port`)
}

/** Whom runs ask that name no resolvers; nothing is asked now. */
export function checkResolvers(settings: Setting[]): Check {
  const setting = settings.find(({ section, name }) => section === 'data-collection' && name === 'resolvers')
  const chosen = Array.isArray(setting?.value) ? setting.value.map(String) : []
  return ok(
    'resolvers',
    chosen.length > 0
      ? `${chosen.join(', ')} (data-collection.resolvers)`
      : 'well-known public ones; choose others with --resolvers, or data-collection.resolvers in the settings',
  )
}
