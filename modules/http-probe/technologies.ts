import type { HttpAnswer } from '@mirage/model/exchange.ts'
import type { Page } from '@mirage/module-sdk/page.ts'
import signatures from './signatures.json' with { type: 'json' }

/**
 * What gives a product away. One of `header`, `cookie`, `meta`, `script` says where to look; `match` is a regular
 * expression on what stands there, whose first group is the version. Without `match` it is enough that it is there.
 */
interface Signature {
  name: string
  header?: string
  /** The start of a cookie's name. */
  cookie?: string
  meta?: string
  /** Looked for in the URLs of scripts. */
  script?: boolean
  match?: string
}

export interface Technology {
  name: string
  version?: string
}

const compiled = (signatures as Signature[]).map((signature) => ({
  ...signature,
  match: signature.match === undefined ? undefined : new RegExp(signature.match, 'i'),
}))

/** The products that an answer and its page give away, each once. */
export function technologiesOf(answer: HttpAnswer, page: Page | undefined): Technology[] {
  const found = new Map<string, Technology>()
  const cookies = [answer.headers['set-cookie'] ?? []].flat().map((cookie) => cookie.split('=', 1)[0]!.trim())
  const scripts = page?.links.filter(({ element }) => element === 'script').map(({ url }) => url) ?? []
  for (const { name, header, cookie, meta, script, match } of compiled) {
    const places = header
      ? [answer.headers[header] ?? []].flat()
      : cookie
        ? cookies.filter((one) => one.startsWith(cookie))
        : meta
          ? [page?.meta[meta] ?? []].flat()
          : script
            ? scripts
            : []
    for (const place of places) {
      const matched = match ? match.exec(place.slice(0, 1000)) : place
      if (!matched) continue
      const version = typeof matched === 'string' ? undefined : matched[1]
      if (!found.get(name)?.version) found.set(name, version === undefined ? { name } : { name, version })
    }
  }
  return [...found.values()]
}
