import { registerHooks } from 'node:module'

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

/**
 * From here on nothing that is loaded into this process gets at sockets, processes, threads or addons: imports of them
 * throw, and so does what stands for them among the globals. Files are bounded by Node's permissions. It stops what is
 * careless and most of what is not; the network namespace, where there is one, stops the rest.
 */
export function seal(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const name = specifier.replace(/^node:/, '')
      if (shared.test(specifier)) return next(specifier, { ...context, parentURL: import.meta.url })
      const resolved = next(specifier, context)
      if (resolved.url.startsWith('node:') && !computing.includes(resolved.url.slice(5))) throw refused(name)
      if (!/^(node|file|data):/.test(resolved.url)) throw refused(name)
      return resolved
    },
  })
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'Worker', 'BroadcastChannel'])
    replace(globalThis, name, undefined)
  for (const name of ['binding', '_linkedBinding', 'dlopen', 'kill', '_kill', 'send', 'chdir'])
    replace(process, name, () => {
      throw refused(`process.${name}`)
    })
  const builtin = process.getBuiltinModule.bind(process)
  replace(process, 'getBuiltinModule', (name: string) => {
    if (!computing.includes(name.replace(/^node:/, ''))) throw refused(name)
    return builtin(name)
  })
}

function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: false, configurable: false })
}

function refused(name: string): Error {
  return new Error(
    `“${name}” is not there for modules: the ways out are those that “run” is given (http, dns, tcp, tls, whois).`,
  )
}
