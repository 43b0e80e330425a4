import { oneLine } from './entities/wording.ts'

/**
 * Things without a world-wide name (person, organization, postal-address, web-form) are told apart by who names them: a
 * registration, an account, a page. Their canonical value is `namespace|name`. Two `Jane Doe` from two places are two
 * entities, joined by `same_as` with evidence, never by equal text. The first `|` separates; one inside the namespace is
 * written `%7C`.
 */
export function namespaced(namespace: string, name: string): string {
  return `${oneLine(namespace).replaceAll('|', '%7C')}|${oneLine(name)}`
}

/** The namespace of what a person typed in as a target. */
export const givenNamespace = 'given'

/** Both parts of a namespaced value; undefined when one of them is missing or too long. */
export function splitNamespaced(value: string): { namespace: string; name: string } | undefined {
  const bar = value.indexOf('|')
  if (bar < 0) return undefined
  const namespace = oneLine(value.slice(0, bar))
  const name = oneLine(value.slice(bar + 1))
  return namespace === '' || name === '' || namespace.length > 4096 || name.length > 1024
    ? undefined
    : { namespace, name }
}

/** The name without its namespace, which is how people read it. */
export function nameOf(value: string): string {
  return value.slice(value.indexOf('|') + 1)
}

/** The canonical form of `namespace|name`; a bare name is none, because nobody says whose it is. */
export function normaliseNamespaced(raw: string): string | undefined {
  const parts = splitNamespaced(raw)
  return parts && namespaced(parts.namespace, parts.name)
}
