import { MirageError } from '@mirage/kit/errors.ts'
import { fits, misfits } from '@mirage/kit/schema.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import type { ManifestEntry } from '@mirage/module-sdk/manifest.ts'
import type { Collection, Documents } from '@mirage/ports/documents.ts'
import type { TSchema } from 'typebox'

interface SettingsDocument {
  /** The module. */
  id: string
  values: Record<string, unknown>
}

/** What people set of each module's own settings, a workspace at a time. */
export interface ModuleSettings {
  /** Only what was set. */
  given(workspace: string, module: string): Promise<Record<string, unknown>>
  /**
   * Sets some and returns others to their defaults. Throws `modules.settings_invalid` for names that the module does not
   * have and for values its schema refuses, and then changes nothing.
   */
  change(workspace: string, module: ManifestEntry, set: Record<string, unknown>, unset: string[]): Promise<void>
}

export async function openModuleSettings(documents: Documents): Promise<ModuleSettings> {
  const stored: Collection<SettingsDocument> = await documents.collection<SettingsDocument>({
    name: 'settings',
    indexes: {},
  })
  async function given(workspace: string, module: string): Promise<Record<string, unknown>> {
    return (await stored.get(workspace, module))?.values ?? {}
  }
  return {
    given,
    async change(workspace, module, set, unset) {
      const values = { ...(await given(workspace, module.id)), ...set }
      for (const name of [...Object.keys(set), ...unset]) checkName(module, name)
      for (const name of unset) delete values[name]
      const complete = withDefaults(module, values)
      if (module.settings && !fits(module.settings, complete))
        throw invalid(`${module.id} cannot take that: ${misfits(module.settings, complete).join('; ')}.`)
      await stored.put(workspace, [{ id: module.id, values }])
    },
  }
}

/** What the module is run with: what was set, and its defaults for the rest. */
export function withDefaults(
  { settings }: Pick<ManifestEntry, 'settings'>,
  given: Record<string, unknown>,
): Record<string, unknown> {
  // A listed schema is plain JSON, of which the validator fills in nothing.
  const defaults = Object.entries(propertiesOf(settings)).flatMap(([name, property]) =>
    property.default === undefined ? [] : [[name, property.default]],
  )
  return { ...(Object.fromEntries(defaults) as Record<string, unknown>), ...given }
}

function checkName({ id, settings }: ManifestEntry, name: string): void {
  const names = Object.keys(propertiesOf(settings))
  if (names.includes(name)) return
  throw invalid(
    names.length === 0
      ? `${id} has no settings.`
      : `${id} has no setting “${name}”${didYouMean(name, names) || '.'} There is: ${names.join(', ')}.`,
  )
}

/** Settings are declared as one object. */
function propertiesOf(settings: TSchema | undefined): Record<string, { default?: unknown }> {
  return ((settings ?? {}) as { properties?: Record<string, { default?: unknown }> }).properties ?? {}
}

function invalid(detail: string): MirageError {
  return new MirageError({ code: 'modules.settings_invalid', status: 422, detail })
}
