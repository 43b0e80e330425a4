import type { FastifyInstance } from 'fastify'

/**
 * Which methods a path takes that this instance knows: none for a path that it does not know. Counts the routes that are
 * added from here on.
 */
export function methodsOf(app: FastifyInstance): (path: string) => string[] {
  const routes = new Map<string, { path: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    let route = routes.get(url)
    if (!route) routes.set(url, (route = { path: pathLike(url), methods: new Set() }))
    for (const one of [method].flat()) route.methods.add(one)
  })
  return (path) => {
    const found = [...routes.values()].filter((route) => route.path.test(path)).flatMap(({ methods }) => [...methods])
    return [...new Set(found)].sort()
  }
}

/** `:name` stands for a part of the path, `*` for all the rest. */
function pathLike(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+'
    return part === '*' ? '.*' : part.replaceAll(/[^\w-]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
