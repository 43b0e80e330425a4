import type { ResolvedSettings } from '@mirage/kit/settings.ts'
import type { SplitHandle, SplitOptions } from '@mirage/server/split.ts'
import type { CheckedStore } from '@mirage/server/stores/check.ts'
import type { ServerHandle, ServerOptions } from '@mirage/server/start.ts'

export type { CheckedStore }

/** What the command takes from the platform itself; loaded only by those that start it or ask for its settings. */

/** The platform, or some services of it, in this process. Throws `host.locked` or `host.apart` when another process runs one. */
export async function startPlatform(options: ServerOptions): Promise<ServerHandle> {
  const { startMirage } = await import('@mirage/server/start.ts')
  return startMirage(options)
}

/** Each service in a process of its own, under this one's eyes. Throws what one of them could not start for. */
export async function startApart(options: SplitOptions): Promise<SplitHandle> {
  const { startSplit } = await import('@mirage/server/split.ts')
  return startSplit(options)
}

/**
 * Every store file of a data directory with what is wrong with it, looked at for `withinMs` at most; Infinity looks at
 * all there is of each.
 */
export async function checkStores(dataDirectory: string, withinMs: number): Promise<CheckedStore[]> {
  const { checkStores } = await import('@mirage/server/stores/check.ts')
  return checkStores(dataDirectory, withinMs)
}

/** How many bytes are kept back in a data directory for a full disk, and how many are to be. */
export async function ballastOf(dataDirectory: string): Promise<{ kept: number; wanted: number }> {
  const { ballastOf } = await import('@mirage/server/data-directory/ballast.ts')
  return ballastOf(dataDirectory)
}

/** One setting in force. */
export interface Setting {
  section: string
  name: string
  value: unknown
  /** `default`, or where it was set: the file, the environment. */
  origin: string
  description: string
}

/** Every setting of the installation that a host started here would have. Throws `settings.invalid` for wrong ones. */
export async function settingsInForce(): Promise<Setting[]> {
  const [{ readSettings, settingsSchemas }, { readEnvironment }] = await Promise.all([
    import('@mirage/server/settings.ts'),
    import('@mirage/server/environment.ts'),
  ])
  const { values, origins }: ResolvedSettings = readSettings(readEnvironment())
  return Object.entries(settingsSchemas()).flatMap(([section, schema]) =>
    Object.entries(schema.properties).map(([name, property]): Setting => {
      const { origin, name: where } = origins[`${section}.${name}`] ?? { origin: 'default', name: '' }
      const { description = '' } = property as { description?: string }
      return {
        section,
        name,
        value: values[section]?.[name],
        origin: origin === 'file' ? where : origin,
        description,
      }
    }),
  )
}
