import { existsSync, readFileSync } from 'node:fs'
import { messageOf, MirageError } from '@mirage/kit/errors.ts'
import { environmentLayer, type Layer, type ResolvedSettings, resolveSettings } from '@mirage/kit/settings.ts'
import { settings as apiGateway } from '@mirage/services/api-gateway/settings.ts'
import { settings as auth } from '@mirage/services/auth/settings.ts'
import { settings as correlationEngine } from '@mirage/services/correlation-engine/settings.ts'
import { settings as dataCollection } from '@mirage/services/data-collection/settings.ts'
import { settings as dataStorage } from '@mirage/services/data-storage/settings.ts'
import { settings as moduleRegistry } from '@mirage/services/module-registry/settings.ts'
import { settings as scanOrchestration } from '@mirage/services/scan-orchestration/settings.ts'
import { settings as visualization } from '@mirage/services/visualization/settings.ts'
import { type TObject, Type as t } from 'typebox'
import { parse } from 'yaml'
import type { ServerEnvironment } from './environment.ts'
import { defaultStores } from './stores/adapters.ts'

const store = (port: string): ReturnType<typeof t.String> =>
  t.String({ default: defaultStores[port]!, description: `What the ${port} port stands on, as a URL.` })

/** Sections that belong to the installation rather than to a service. */
const own: Record<string, TObject> = {
  server: t.Object(
    {
      host: t.String({ default: '127.0.0.1', description: 'The address that “serve” listens at.' }),
      port: t.Integer({ default: 8000, minimum: 0, maximum: 65_535, description: 'The port that “serve” listens at.' }),
    },
    { additionalProperties: false },
  ),
  stores: t.Object(Object.fromEntries(Object.keys(defaultStores).map((port) => [port, store(port)])), {
    additionalProperties: false,
  }),
}

/** Each service's section. Only its schema is loaded: a supervisor and the command line run no service. */
const services: Record<string, TObject> = {
  auth,
  'module-registry': moduleRegistry,
  'data-storage': dataStorage,
  'correlation-engine': correlationEngine,
  'scan-orchestration': scanOrchestration,
  'data-collection': dataCollection,
  visualization,
  'api-gateway': apiGateway,
}

/** Every setting there is, by section. */
export function settingsSchemas(): Record<string, TObject> {
  return { ...own, ...services }
}

/** The settings in force, each with where it comes from. Throws `settings.invalid`, naming every wrong one. */
export function readSettings(environment: ServerEnvironment, flags: Layer['values'] = {}): ResolvedSettings {
  const resolved = resolveSettings(settingsSchemas(), [
    fileLayer(environment.configFile),
    environmentLayer(environment.variables),
    { origin: 'flag', name: 'command line', values: flags },
  ])
  if (resolved.errors.length > 0)
    throw new MirageError({
      code: 'settings.invalid',
      status: 500,
      detail: `Some settings are not valid:\n  ${resolved.errors.join('\n  ')}`,
    })
  return resolved
}

function fileLayer(path: string): Layer {
  if (!existsSync(path)) return { origin: 'file', name: path, values: {} }
  const content = parseFile(path) ?? {}
  const isSections =
    typeof content === 'object' &&
    Object.values(content).every((section) => typeof section === 'object' && section !== null)
  if (!isSections)
    throw new MirageError({
      code: 'settings.invalid',
      status: 500,
      detail: `${path} must hold sections, each with settings.`,
    })
  return { origin: 'file', name: path, values: content as Layer['values'] }
}

function parseFile(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new MirageError({
      code: 'settings.invalid',
      status: 500,
      detail: `${path} is not valid YAML: ${messageOf(cause).split('\n')[0]}`,
      cause,
    })
  }
}
