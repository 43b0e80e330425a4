import { registerHooks } from 'node:module'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of Node, what computes. Everything else reaches the network, the machine, or another way into one of them. */
const computing = [
  'assert',
  'assert/strict',
  'buffer',
  'crypto',
  'events',
  'fs',
  'fs/promises',
  'path',
  'path/posix',
  'punycode',
  'querystring',
  'stream',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'timers',
  'timers/promises',
  'url',
  'util',
  'zlib',
]

/** What a module imports of ours is ours, wherever its folder is. */
const shared = /^(@mirage\/(module-sdk|model)(\/.+)?|typebox(\/.+)?)$/
const packages = join(import.meta.dirname, '..', '..')
const ours = [packages, join(packages, '..', 'node_modules')]

/**
 * From here on nothing that is loaded into this process gets at sockets, processes, threads or addons: imports of them
 * throw, files outside the folder and CommonJS (whose `module` is Node's loader) are not loaded, and what stands for
 * them among the globals is gone, with `process` and the streams of `console`, each of which leads to sockets. Files are
 * bounded by Node's permissions. It stops what is careless and most of what is not; the jail, where there is one, the rest.
 */
export function seal(folder: string): void {
  registerHooks({
    resolve(specifier, context, next) {
      const name = specifier.replace(/^node:/, '')
      if (shared.test(specifier)) return next(specifier, { ...context, parentURL: import.meta.url })
      const resolved = next(specifier, context)
      if (resolved.url.startsWith('node:') && !computing.includes(resolved.url.slice(5))) throw refused(name)
      if (!/^(node|file|data):/.test(resolved.url)) throw refused(name)
      if (!resolved.url.startsWith('file:') || lies(resolved.url, [folder])) return resolved
      if (context.parentURL !== undefined && lies(context.parentURL, ours) && lies(resolved.url, ours)) return resolved
      throw new Error(`“${specifier}” is not in the folder of the module; what it imports must be`)
    },
    load(url, context, next) {
      const loaded = next(url, context)
      if (lies(url, ours) || url.startsWith('node:')) return loaded
      if (/^(module|json)/.test(loaded.format ?? '')) return loaded
      throw new Error(`“${url}” is “${loaded.format}”: modules are ECMAScript modules, with all they import`)
    },
  })
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'Worker', 'BroadcastChannel'])
    replace(globalThis, name, undefined)
  const real = process
  const { version, versions, arch, platform, release } = real
  const { exit, nextTick, hrtime, uptime } = real
  const little = { version, versions, arch, platform, release, nextTick, hrtime, env: {}, argv: [], execArgv: [] }
  replace(
    globalThis,
    'process',
    Object.freeze({
      ...little,
      exit: (code?: number) => exit.call(real, code),
      uptime: () => uptime.call(real),
      cwd: () => folder,
      emitWarning: () => undefined,
    }),
  )
  replace(globalThis, 'console', Object.freeze(quiet(console)))
  // Node's own code still holds the real one, and who meddles with that might be given it.
  for (const name of reaching)
    replace(real, name, () => {
      throw refused(`process.${name}`)
    })
  for (const name of ['stdin', 'stdout', 'stderr', 'report', 'mainModule']) replace(real, name, undefined)
}

/** Of a process, what reaches others or what Node is made of. */
const reaching = [
  'binding',
  '_linkedBinding',
  'dlopen',
  'getBuiltinModule',
  'kill',
  '_kill',
  '_debugProcess',
  '_debugEnd',
  '_getActiveHandles',
  '_getActiveRequests',
  'openStdin',
  'execve',
  'chdir',
  'loadEnvFile',
  'abort',
]

/** The same functions, none of which writes: there is nobody to read it. */
function quiet(loud: Console): Record<string, () => void> {
  const names = Object.keys(loud).filter((name) => typeof loud[name as keyof Console] === 'function')
  return Object.fromEntries(names.map((name) => [name, () => undefined]))
}

function lies(url: string, folders: string[]): boolean {
  if (!url.startsWith('file:')) return false
  const path = fileURLToPath(url)
  return folders.some((folder) => path.startsWith(folder + sep))
}

function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: false, configurable: false })
}

function refused(name: string): Error {
  return new Error(
    `“${name}” is not there for modules: the ways out are those that “run” is given (http, dns, tcp, tls, whois).`,
  )
}
