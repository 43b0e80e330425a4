import { announcement } from '@mirage/kit/event.ts'
import { pageOf } from '@mirage/kit/schema.ts'
import { defineService } from '@mirage/kit/service.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { openModules } from '@mirage/module-sdk/outside/folder.ts'
import { documents, installation } from '@mirage/ports/needs.ts'
import { modulesChanged, moduleRegistry } from './contract.ts'
import { Registry } from './registry.ts'
import { settings } from './settings.ts'
import { openVault } from './vault.ts'

export const moduleRegistryService = defineService({
  contract: moduleRegistry,
  settings,
  needs: { documents, installation },
  async start({ documents, installation, clock, log, announce }) {
    const modules = await openModules(manifest, installation.modulesDirectory)
    for (const problem of modules.problems) log.warn('A module was left out', { reason: problem })
    const registry = await Registry.open(documents, modules.entries, openVault(installation.masterKey), clock)
    const changed = (workspace: string, change: { modules: string[]; keys: string[] }): Promise<void> =>
      announce([announcement(modulesChanged, workspace, `${clock.now()}/${JSON.stringify(change)}`, change)])
    return {
      handlers: {
        listModules: async (input, { workspace }) => pageOf(await registry.list(workspace, input), input),
        getModule: ({ module }, { workspace }) => registry.get(workspace, module),
        changeModule: async ({ module, enabled }, { workspace }) => {
          const info = await registry.enable(workspace, module, enabled)
          await changed(workspace, { modules: [module], keys: [] })
          return info
        },
        getModuleSettings: ({ module }, { workspace }) => registry.settings(workspace, module),
        changeModuleSettings: async ({ module, ...change }, { workspace }) => {
          const info = await registry.changeSettings(workspace, module, change)
          await changed(workspace, { modules: [module], keys: [] })
          return info
        },
        listKeys: async (page, { workspace }) => pageOf(await registry.keys(workspace), page),
        setKey: async ({ name, value }, { workspace }) => {
          const info = await registry.setKey(workspace, name, value)
          await changed(workspace, { modules: [], keys: [name] })
          return info
        },
        removeKey: async ({ name }, { workspace }) => {
          await registry.removeKey(workspace, name)
          await changed(workspace, { modules: [], keys: [name] })
          return {}
        },
        revealKey: async ({ name }, { workspace }) => {
          const value = await registry.reveal(workspace, name)
          return value === undefined ? {} : { value }
        },
        reportKey: async ({ name, state }, { workspace }) => {
          await registry.report(workspace, name, state)
          return {}
        },
      },
      health: async () => ({
        ready: true,
        ...(modules.problems.length > 0 ? { detail: modules.problems.join(' ') } : {}),
      }),
      async [Symbol.asyncDispose]() {
        await modules[Symbol.asyncDispose]()
      },
    }
  },
})
