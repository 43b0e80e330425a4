import { homedir } from 'node:os'
import { join } from 'node:path'

/** Everything the command takes from its surroundings. */
export interface Environment {
  /** `$MIRAGE_DATA`, else `$XDG_DATA_HOME/mirage`. */
  dataDirectory: string
  /** `$MIRAGE_CONFIG`, else `$XDG_CONFIG_HOME/mirage/config.yaml`; it need not exist. */
  configFile: string
  /** Another installation to be a client of, instead of the data directory's host. */
  url?: string
  apiKey?: string
  /** Set by `NO_COLOR` (https://no-color.org) and `FORCE_COLOR`; absent: as the terminal can. */
  color?: boolean
  /** The terminal understands cursor movements. */
  ansi: boolean
  /** How the person called us, for commands that are printed to be copied. */
  program: string
  /** The shell of the person, for `completion`. */
  shell?: string
  /** Print stack traces of what went wrong inside. */
  debug: boolean
}

type Variables = Record<string, string | undefined>

/** The only place that reads the environment. A variable that is empty counts as unset. */
export function readEnvironment(variables: Variables = process.env, started = process.argv[1] ?? ''): Environment {
  const dataHome = variables['XDG_DATA_HOME'] || join(homedir(), '.local', 'share')
  const configHome = variables['XDG_CONFIG_HOME'] || join(homedir(), '.config')
  const color = variables['NO_COLOR'] ? false : variables['FORCE_COLOR'] ? variables['FORCE_COLOR'] !== '0' : undefined
  return {
    dataDirectory: variables['MIRAGE_DATA'] || join(dataHome, 'mirage'),
    configFile: variables['MIRAGE_CONFIG'] || join(configHome, 'mirage', 'config.yaml'),
    ...(variables['MIRAGE_URL'] ? { url: variables['MIRAGE_URL'] } : {}),
    ...(variables['MIRAGE_API_KEY'] ? { apiKey: variables['MIRAGE_API_KEY'] } : {}),
    ...(color === undefined ? {} : { color }),
    ansi: variables['TERM'] !== 'dumb',
    program: started.endsWith('/mirage') && !started.includes('/node_modules/') ? 'mirage' : 'npx mirage',
    ...(variables['SHELL'] ? { shell: variables['SHELL'] } : {}),
    debug: Boolean(variables['MIRAGE_DEBUG']),
  }
}
