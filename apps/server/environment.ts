import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * What this process was started with. Paths that are empty count as unset. The one place of this app that reads
 * `process.env`.
 */
export interface ServerEnvironment {
  dataDirectory: string
  configFile: string
  masterKey: string | undefined
  /** Modules of somebody else, a folder each. */
  modulesDirectory: string | undefined
  variables: Record<string, string | undefined>
  runtimeDirectory: string
}

export function readEnvironment(variables: Record<string, string | undefined> = process.env): ServerEnvironment {
  const home = homedir()
  const data = variables['MIRAGE_DATA'] || join(variables['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'mirage')
  const config =
    variables['MIRAGE_CONFIG'] || join(variables['XDG_CONFIG_HOME'] || join(home, '.config'), 'mirage', 'config.yaml')
  return {
    dataDirectory: data,
    configFile: config,
    masterKey: variables['MIRAGE_MASTER_KEY'],
    modulesDirectory: variables['MIRAGE_MODULES'] || undefined,
    variables,
    runtimeDirectory: variables['XDG_RUNTIME_DIR'] || '/tmp',
  }
}
