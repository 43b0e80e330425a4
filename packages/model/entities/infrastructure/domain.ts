import { canonicalName, displayName, hasKnownSuffix } from '../../domain-name.ts'
import { isDefanged, refang } from '../../refang.ts'
import { isNameCode } from '../characters.ts'
import type { EntityDefinition, Match } from '../definition.ts'

export const domain: EntityDefinition = {
  type: 'domain',
  version: 1,
  title: 'Domain',
  plural: 'Domains',
  form: 'a DNS name of two labels or more, as lower-case A-labels without a final dot: `www.example.com`',
  examples: [
    { raw: 'Example.COM.', value: 'example.com' },
    { raw: 'bücher.example', value: 'xn--bcher-kva.example' },
    { raw: '_dmarc.example.com', value: '_dmarc.example.com' },
    { raw: 'www[.]example(dot)com', value: 'www.example.com' },
    { raw: '例え。テスト', value: 'xn--r8jz45g.xn--zckzah' },
    { raw: '1.2.0.192.in-addr.arpa', value: '1.2.0.192.in-addr.arpa' },
  ],
  counterExamples: [
    '999.1.1.1',
    '1.2.3.4-1.2.3.9',
    '*.example.com',
    'localhost',
    'a..com',
    'exa mple.com',
    '192.0.2.1',
    '',
  ],
  normalise: normaliseDomain,
  find: findDomains,
  display: displayName,
}

/** A DNS name in canonical form (`canonicalName`); surrounding white space and defanged dots are accepted. */
export function normaliseDomain(raw: string): string | undefined {
  const name = canonicalName(raw)
  if (name !== undefined || raw.length > 1024) return name
  const trimmed = raw.trim()
  const plain = isDefanged(trimmed) ? refang(trimmed).text : trimmed
  return plain === raw ? undefined : canonicalName(plain)
}

/** Top levels that are file extensions far more often: a bare two-label name under one is not taken from free text. */
const fileExtensions = new Set(['cab', 'md', 'mov', 'pl', 'ps', 'pub', 'py', 'rs', 'sh', 'zip'])

/**
 * Names in free text, only under suffixes that exist. What follows a single `/` is a path, what stands before `@` a
 * mailbox, before `(` a call in code.
 */
function findDomains(text: string): Match[] {
  const matches: Match[] = []
  let from = 0
  for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', from)) {
    let start = dot
    while (start > from && isNameCode(text.charCodeAt(start - 1))) start--
    let end = dot + 1
    while (end < text.length && isNameCode(text.charCodeAt(end))) end++
    from = end
    const match = nameIn(text, start, end)
    if (match) matches.push(match)
    else matches.push(...asciiNamesIn(text, start, end))
  }
  return matches
}

/** Latin right beside a script written without spaces: most likely two words, not one label. */
const unspaced = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}'
const glued = new RegExp(`[a-z\\d][${unspaced}]|[${unspaced}][a-z\\d]`, 'iu')

function nameIn(text: string, start: number, end: number): Match | undefined {
  while (start < end && isEdge(text.charCodeAt(start))) start++
  while (end > start && isEdge(text.charCodeAt(end - 1))) end--
  if (end - start < 4 || end - start > 253 || !mayStandHere(text, start, end)) return undefined
  const raw = text.slice(start, end)
  if (glued.test(raw)) return undefined
  const value = canonicalName(raw)
  return value !== undefined && hasKnownSuffix(value) && !looksLikeFile(value)
    ? { value, raw, index: start }
    : undefined
}

/** A name glued to words of a script that is written without spaces: the runs of ASCII between them. */
function asciiNamesIn(text: string, start: number, end: number): Match[] {
  const matches: Match[] = []
  let hasOther = false
  let runStart = start
  for (let i = start; i <= end; i++) {
    if (i < end && text.charCodeAt(i) < 128) continue
    if (i < end) hasOther = true
    const match = hasOther ? nameIn(text, runStart, i) : undefined
    if (match) matches.push(match)
    runStart = i + 1
  }
  return matches
}

function isEdge(code: number): boolean {
  return code === 45 || code === 46
}

function mayStandHere(text: string, start: number, end: number): boolean {
  const next = text[end]
  return next !== '@' && next !== '(' && (text[start - 1] !== '/' || text[start - 2] === '/')
}

function looksLikeFile(name: string): boolean {
  const dot = name.indexOf('.')
  return dot === name.lastIndexOf('.') && fileExtensions.has(name.slice(dot + 1))
}
