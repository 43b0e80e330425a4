import { type Clock, toInstant } from '@mirage/kit/clock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import { keyOf } from '@mirage/module-sdk/define.ts'
import type { ManifestEntry } from '@mirage/module-sdk/manifest.ts'
import type { Collection, Documents } from '@mirage/ports/documents.ts'
import type { KeyInfo, ModuleInfo, SettingsInfo } from './contract.ts'
import { type ModuleSettings, openModuleSettings, withDefaults } from './module-settings.ts'
import type { Vault } from './vault.ts'

interface KeyDocument {
  /** The name: `SHODAN_API_KEY`. */
  id: string
  sealed: string
  hint?: string
  state: 'set' | 'refused'
  setAt: number
}

interface SwitchDocument {
  /** The module. */
  id: string
  enabled: boolean
}

const hintLength = 4
const shortestHinted = 16

/** What is known of the modules in each workspace: their keys and whether they are on. */
export class Registry {
  readonly #manifest: ManifestEntry[]
  readonly #vault: Vault
  readonly #clock: Clock
  readonly #keys: Collection<KeyDocument>
  readonly #switches: Collection<SwitchDocument>
  readonly #settings: ModuleSettings

  private constructor(
    manifest: ManifestEntry[],
    vault: Vault,
    clock: Clock,
    keys: Collection<KeyDocument>,
    switches: Collection<SwitchDocument>,
    settings: ModuleSettings,
  ) {
    this.#manifest = manifest
    this.#vault = vault
    this.#clock = clock
    this.#keys = keys
    this.#switches = switches
    this.#settings = settings
  }

  static async open(documents: Documents, manifest: ManifestEntry[], vault: Vault, clock: Clock): Promise<Registry> {
    const keys = await documents.collection<KeyDocument>({ name: 'keys', indexes: {} })
    const switches = await documents.collection<SwitchDocument>({ name: 'switches', indexes: {} })
    return new Registry(manifest, vault, clock, keys, switches, await openModuleSettings(documents))
  }

  async list(
    workspace: string,
    { consumes, produces, useCase }: { consumes?: string; produces?: string; useCase?: string },
  ): Promise<ModuleInfo[]> {
    const fitting = this.#manifest.filter(
      (module) =>
        (consumes === undefined || module.consumes.some(({ type }) => type === consumes)) &&
        (produces === undefined || module.produces.some((type) => type === produces)) &&
        (useCase === undefined || module.useCases.some((one) => one === useCase)),
    )
    return Promise.all(fitting.map((module) => this.#describe(workspace, module)))
  }

  async get(workspace: string, id: string): Promise<ModuleInfo> {
    return this.#describe(workspace, this.#find(id))
  }

  async enable(workspace: string, id: string, enabled: boolean): Promise<ModuleInfo> {
    const module = this.#find(id)
    await this.#switches.put(workspace, [{ id, enabled }])
    return this.#describe(workspace, module)
  }

  async settings(workspace: string, id: string): Promise<SettingsInfo> {
    const module = this.#find(id)
    const given = await this.#settings.given(workspace, id)
    return {
      module: id,
      schema: { ...module.settings },
      values: withDefaults(module, given),
      given,
    }
  }

  /** Throws `modules.settings_invalid`, naming what does not fit. */
  async changeSettings(
    workspace: string,
    id: string,
    { set = {}, unset = [] }: { set?: Record<string, unknown>; unset?: string[] },
  ): Promise<SettingsInfo> {
    await this.#settings.change(workspace, this.#find(id), set, unset)
    return this.settings(workspace, id)
  }

  async keys(workspace: string): Promise<KeyInfo[]> {
    const names = [...new Set(this.#manifest.flatMap((module) => keyOf(module)?.key ?? []))].sort()
    const stored = await this.#keys.getMany(workspace, names)
    return names.map((name, i) => this.#describeKey(name, stored[i]))
  }

  /** Throws `keys.unknown` when no module takes a key of this name. */
  async setKey(workspace: string, name: string, value: string): Promise<KeyInfo> {
    const names = this.#manifest.flatMap((module) => keyOf(module)?.key ?? [])
    if (!names.includes(name))
      throw new MirageError({
        code: 'keys.unknown',
        status: 404,
        detail: `No module takes a key “${name}”${didYouMean(name, names) || '.'}`,
      })
    const text = value.trim()
    const document: KeyDocument = {
      id: name,
      sealed: this.#vault.seal(`${workspace}/${name}`, text),
      ...(text.length >= shortestHinted ? { hint: text.slice(-hintLength) } : {}),
      state: 'set',
      setAt: this.#clock.now(),
    }
    await this.#keys.put(workspace, [document])
    return this.#describeKey(name, document)
  }

  async removeKey(workspace: string, name: string): Promise<void> {
    await this.#keys.delete(workspace, [name])
  }

  /** The value, for the collector; undefined where none is set. */
  async reveal(workspace: string, name: string): Promise<string | undefined> {
    const stored = await this.#keys.get(workspace, name)
    return stored && this.#vault.open(`${workspace}/${name}`, stored.sealed)
  }

  async report(workspace: string, name: string, state: 'set' | 'refused'): Promise<void> {
    const stored = await this.#keys.get(workspace, name)
    if (stored && stored.state !== state) await this.#keys.put(workspace, [{ ...stored, state }])
  }

  #find(id: string): ManifestEntry {
    const module = this.#manifest.find((one) => one.id === id)
    if (module) return module
    const near = didYouMean(
      id,
      this.#manifest.map((one) => one.id),
    )
    const hint =
      near ||
      '. “mirage modules” lists them; a new folder joins them with “npm run generate”, where a server runs at its next start.'
    throw new MirageError({ code: 'modules.not_found', status: 404, detail: `There is no module “${id}”${hint}` })
  }

  async #describe(workspace: string, module: ManifestEntry): Promise<ModuleInfo> {
    const { id, limits = {} } = module
    const known = keyOf(module)
    const { enabled } = (await this.#switches.get(workspace, id)) ?? { enabled: true }
    const key = known && (await this.#keys.get(workspace, known.key))
    return {
      id,
      version: module.version,
      title: module.title,
      summary: module.summary,
      homepage: module.homepage,
      ...(module.documentation === undefined ? {} : { documentation: module.documentation }),
      ...(module.terms === undefined ? {} : { terms: module.terms }),
      consumes: module.consumes.map((consumed) => ({ ...consumed })),
      produces: [...module.produces],
      contact: module.contact,
      discloses: module.discloses ?? false,
      origin: module.origin ?? id,
      useCases: [...module.useCases],
      flags: [...(module.flags ?? [])],
      limits,
      ...(known
        ? {
            key: {
              name: known.key,
              where: known.where,
              tier: known.tier,
              state: key?.state ?? 'missing',
              optional: module.needs === undefined,
            },
          }
        : {}),
      onlyInScope: module.onlyInScope ?? false,
      volatile: [...(module.volatile ?? [])],
      sample: module.sample,
      batch: module.batch ?? 1,
      enabled,
    }
  }

  #describeKey(name: string, stored: KeyDocument | undefined): KeyInfo {
    const modules = this.#manifest.filter((module) => keyOf(module)?.key === name)
    const where = modules[0] && keyOf(modules[0])?.where
    return {
      name,
      state: stored?.state ?? 'missing',
      modules: modules.map(({ id }) => id),
      optional: modules.every(({ needs }) => needs === undefined),
      ...(where === undefined ? {} : { where }),
      ...(stored ? { setAt: toInstant(stored.setAt) } : {}),
      ...(stored?.hint === undefined ? {} : { hint: stored.hint }),
    }
  }
}
