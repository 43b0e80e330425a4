import type { TSchema } from 'typebox'
import type { AnyModule } from './define.ts'

/** What is known of a module without loading it: plain data. */
export type ModuleManifest = Omit<AnyModule, 'run' | 'runBatch' | 'collect' | 'settings'> & { settings?: TSchema }

/** A module that can be listed at once and is loaded when it is run. */
export interface ManifestEntry extends ModuleManifest {
  load(): Promise<AnyModule>
}

/** The plain data of a module, in a stable order, as it stands in the generated manifest. */
export function manifestOf(module: AnyModule): ModuleManifest {
  const { run: _run, runBatch: _runBatch, collect: _collect, ...manifest } = module
  return manifest
}
