import { splitPrefix } from './detect.ts'
import { explainShape, quote } from './refusal.ts'
import { definitionOf } from './registry.ts'

/** Why `detect` cannot read a line as a target, in one sentence that names the fault and, where there is one, the next step. */
export function explainRefusal(line: string): string {
  const text = line.trim()
  if (text === '') return 'an empty line is not a target'
  if (text.length > 4096) return `a line of ${text.length} characters is not a target`
  const prefixed = splitPrefix(text)
  if (prefixed) {
    const reason = explainShape(prefixed.rest)
    return reason ?? `${quote(prefixed.rest)} is no ${prefixed.type}; expected: ${definitionOf(prefixed.type).form}`
  }
  return (
    explainShape(text) ??
    `${quote(text)} is not a target that can be read: give a domain, an address, a netblock, \`AS64500\`, a URL, an e-mail address, a phone number; quotes around a name or phrase; or the type in front: \`username:jdoe\``
  )
}
