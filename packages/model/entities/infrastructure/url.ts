import { canonicalAddress } from '../../address.ts'
import { displayName } from '../../domain-name.ts'
import { isDefanged, refang } from '../../refang.ts'
import { type EntityDefinition, type Match, maxValueLength } from '../definition.ts'

export const url: EntityDefinition = {
  type: 'url',
  version: 1,
  title: 'URL',
  plural: 'URLs',
  form: 'as the WHATWG URL standard writes it, without credentials, default port and fragment',
  examples: [
    { raw: 'HTTPS://User:pw@Example.COM:443/a/../b?x=1#top', value: 'https://example.com/b?x=1' },
    { raw: 'hxxp://bücher[.]example', value: 'http://xn--bcher-kva.example/' },
    { raw: 'http://[::ffff:192.0.2.1]:8080', value: 'http://192.0.2.1:8080/' },
    { raw: 'http://2130706433/', value: 'http://127.0.0.1/' },
    { raw: 'ftp://example.com./file', value: 'ftp://example.com/file' },
  ],
  counterExamples: [
    'example.com/path',
    'javascript:alert(1)',
    'mailto:a@example.com',
    'file:///etc/passwd',
    'http://',
    'http://exa mple.com/',
    'http://999.1.1.1/',
    '',
  ],
  normalise: normaliseUrl,
  find: findUrls,
  display: displayUrl,
}

const schemes = new Set(['http:', 'https:', 'ftp:', 'ws:', 'wss:'])

/**
 * The canonical URL of a web, FTP or WebSocket address. Credentials and the fragment are dropped: neither says which
 * resource it is. Only scheme and authority are refanged, a path may hold `[.]` of its own.
 */
export function normaliseUrl(raw: string): string | undefined {
  if (raw.length > maxValueLength) return undefined
  const url = URL.parse(refangAuthority(raw))
  if (!url || !schemes.has(url.protocol) || url.hostname === '') return undefined
  // Each assignment parses the whole again.
  if (url.href.includes('#')) url.hash = ''
  if (url.username !== '') url.username = ''
  if (url.password !== '') url.password = ''
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  if (url.hostname.startsWith('[::ffff:')) url.hostname = canonicalAddress(url.hostname.slice(1, -1)) ?? url.hostname
  return url.hostname === '' || url.hostname.endsWith('.') || url.href.length > maxValueLength ? undefined : url.href
}

/** The host of a canonical URL: a name or an address without brackets. */
export function hostOfUrl(value: string): string {
  const start = value.indexOf('//') + 2
  let end = start
  while (end < value.length && !'/?:'.includes(value[end]!)) {
    if (value[end] === '[') return value.slice(start + 1, value.indexOf(']', end))
    end++
  }
  return value.slice(start, end)
}

function refangAuthority(raw: string): string {
  const path = /^\s*[a-z*]{2,5}s?(?:\[?:\]?\/\/|\[:\/\/\])[^/?#]*/i.exec(raw)?.[0].length ?? 0
  const head = raw.slice(0, path)
  return isDefanged(head) ? refang(head).text + raw.slice(path) : raw
}

function displayUrl(value: string): string {
  const host = hostOfUrl(value)
  const shown = displayName(host)
  return shown === host ? value : value.replace(host, () => shown)
}

/** Absolute URLs up to white space, quotes, angle brackets or a control character; trailing punctuation is prose. */
function findUrls(text: string): Match[] {
  const matches: Match[] = []
  let from = 0
  for (let mark = text.indexOf('://'); mark >= 0; mark = text.indexOf('://', from)) {
    let start = mark
    while (start > from && mark - start < 6 && isLetter(text.charCodeAt(start - 1))) start--
    let end = mark + 3
    while (end < text.length && isUrlCode(text.charCodeAt(end))) end++
    from = end
    if (end - start > maxValueLength || !schemes.has(`${text.slice(start, mark).toLowerCase()}:`)) continue
    const raw = text.slice(start, withoutProse(text, mark + 3, end))
    const value = normaliseUrl(raw)
    if (value !== undefined) matches.push({ value, raw, index: start })
  }
  return matches
}

function isLetter(code: number): boolean {
  return (code | 32) >= 97 && (code | 32) <= 122
}

const delimiters = new Set('"\'<>`|\\^{}'.split('').map((character) => character.charCodeAt(0)))

function isUrlCode(code: number): boolean {
  if (code > 127) return !/\s/.test(String.fromCharCode(code))
  return code > 32 && code !== 127 && !delimiters.has(code)
}

/** Where the URL ends when punctuation, and brackets that were not opened inside it, are left to the sentence. */
function withoutProse(text: string, start: number, end: number): number {
  let open = 0
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === 40 || code === 91) open++
    else if (code === 41 || code === 93) open--
  }
  while (end > start) {
    const character = text[end - 1]!
    if (character === ')' || character === ']') {
      if (open >= 0) return end
      open++
    } else if (!'.,;:!?*…'.includes(character)) return end
    end--
  }
  return end
}
