import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { connectToHost, readConnectionFile } from '../host/connect.ts'
import { runningWorld } from '../host/lab.ts'
import { type Setting, settingsInForce } from '../host/platform.ts'
import { isAlive } from '../host/presence.ts'
import { counted } from '../output/text.ts'
import { bad, type Check, note, ok } from './check.ts'

/** The settings in force; none where some are wrong. */
export async function checkSettings(configFile: string): Promise<{ check: Check; settings: Setting[] }> {
  try {
    const settings = await settingsInForce()
    const chosen = settings
      .filter(({ origin }) => origin !== 'default')
      .map(({ section, name }) => `${section}.${name}`)
    const text = chosen.length > 0 ? `set: ${chosen.join(', ')}` : `all as they come; ${configFile} may change them`
    return { check: ok('settings', text), settings }
  } catch (error) {
    return { check: bad('settings', messageOf(error).replaceAll(/\s*\n\s*/g, ' ')), settings: [] }
  }
}

/** The host, whom a command would be a client of, and what only it can tell. Starts none: runs under way would go on. */
export async function checkHost(cli: Cli): Promise<Check[]> {
  const { url, dataDirectory } = cli.environment
  if (url !== undefined) return checkElsewhere(cli, url)
  const file = readConnectionFile(dataDirectory)
  if (!file) return [ok('host', 'none runs; each command starts its own')]
  if (!isAlive(file.pid))
    return [note('host', `none runs; process ${file.pid} left its connection.json, the next replaces it`)]
  try {
    await using connection = await connectToHost(dataDirectory)
    if (!connection) return [bad('host', `process ${file.pid} is alive and does not answer on ${file.socket}`)]
    return [
      await checkRuns(connection.api, `process ${file.pid} at ${connection.where}`),
      await checkKeys(connection.api),
    ]
  } catch (error) {
    return [bad('host', messageOf(error))]
  }
}

async function checkElsewhere(cli: Cli, url: string): Promise<Check[]> {
  try {
    const { api } = await cli.connect()
    return [await checkRuns(api, `${url} (MIRAGE_URL)`), await checkKeys(api)]
  } catch (error) {
    return [bad('host', messageOf(error))]
  }
}

async function checkRuns(api: Api, where: string): Promise<Check> {
  const { total } = await api.scans.listRuns({ limit: 1 })
  return ok('host', `${where}, ${counted(total, 'run')}`)
}

async function checkKeys(api: Api): Promise<Check> {
  const { items } = await api.modules.listKeys()
  const of = (state: string): string[] => items.filter((key) => key.state === state).map(({ name }) => name)
  const [set, missing, refused] = [of('set'), of('missing'), of('refused')]
  if (refused.length > 0) return bad('keys', `refused by their source: ${refused.join(', ')}; set them again`)
  return ok('keys', `${set.length} set${missing.length > 0 ? `; without: ${missing.join(', ')}` : ''}`)
}

/** Which process runs which services of this data directory, where they are not all in one. */
export function checkServices(dataDirectory: string): Check[] {
  const processes = new Map<number, string[]>()
  try {
    for (const file of readdirSync(join(dataDirectory, 'locks')).filter((name) => name.endsWith('.json'))) {
      const { pid } = JSON.parse(readFileSync(join(dataDirectory, 'locks', file), 'utf8')) as { pid: number }
      if (isAlive(pid)) processes.set(pid, [...(processes.get(pid) ?? []), file.slice(0, -'.json'.length)])
    }
  } catch {
    return [] // none ever ran here, or the directory is not ours, which is said elsewhere
  }
  if (processes.size < 2 && [...processes.values()].flat().includes('api-gateway')) return []
  return [...processes].map(([pid, services]) => ok('services', `process ${pid}: ${services.join(', ')}`))
}

export async function checkLab(dataDirectory: string): Promise<Check> {
  try {
    const running = await runningWorld(dataDirectory)
    return ok(
      'lab',
      running ? `world ${running.size}, seed ${running.seed}, process ${running.pid}` : 'none runs; --lab starts it',
    )
  } catch (error) {
    return bad('lab', messageOf(error))
  }
}
