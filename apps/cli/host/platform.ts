import type { ResolvedSettings } from '@mirage/kit/settings.ts'
import type { SplitHandle, SplitOptions } from '@mirage/server/split.ts'
import type { ServerHandle, ServerOptions } from '@mirage/server/start.ts'

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
