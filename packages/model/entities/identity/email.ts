import { canonicalName, displayName, hasKnownSuffix } from '../../domain-name.ts'
import { isDefanged, refang } from '../../refang.ts'
import { isMailboxCode, isNameCode } from '../characters.ts'
import type { EntityDefinition, Match } from '../definition.ts'
import { normaliseDomain } from '../infrastructure/domain.ts'

export const email: EntityDefinition = {
  type: 'email',
  version: 1,
  title: 'E-mail address',
  plural: 'E-mail addresses',
  form: '`local@domain`, all in lower case',
  examples: [
    { raw: 'Jane.Doe+news@Example.COM', value: 'jane.doe+news@example.com' },
    { raw: 'mailto:info@example.com?subject=x', value: 'info@example.com' },
    { raw: 'info[at]example[dot]com', value: 'info@example.com' },
    { raw: 'Jane Doe <jane@example.com>', value: 'jane@example.com' },
    { raw: 'użytkownik@bücher.example', value: 'użytkownik@xn--bcher-kva.example' },
  ],
  counterExamples: [
    'jane@',
    '@example.com',
    'jane@localhost',
    'a..b@example.com',
    '.a@example.com',
    'a b@example.com',
    'jane@192.0.2.1',
    'a@b@example.com',
    '',
  ],
  normalise: normaliseEmail,
  find: findEmails,
  display: (value) => {
    const at = value.lastIndexOf('@')
    return value.slice(0, at + 1) + displayName(value.slice(at + 1))
  },
}

/**
 * A mailbox (RFC 5321, RFC 6531) with local part and domain in lower case. Strictly only the host may fold the local
 * part; in practice none tells `Jane@` and `jane@` apart, and one person must not become two. Dots and `+tags` stay.
 * Quoted local parts and address literals are refused.
 */
function normaliseEmail(raw: string): string | undefined {
  if (raw.length > 1024) return undefined
  let text = raw.trim()
  if (isDefanged(text)) text = refang(text).text
  if (text.endsWith('>')) text = text.slice(text.lastIndexOf('<') + 1, -1)
  if (/^mailto:/i.test(text)) text = text.slice(7).split('?', 1)[0]!
  const at = text.lastIndexOf('@')
  const local = localPart(text.slice(0, Math.max(at, 0)))
  const host = normaliseDomain(text.slice(at + 1))
  return local !== undefined && host !== undefined ? `${local}@${host}` : undefined
}

function localPart(text: string): string | undefined {
  const local = text.normalize().toLowerCase().normalize()
  if (local === '' || Buffer.byteLength(local) > 64) return undefined
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return undefined
  for (let i = 0; i < local.length; i++) if (!isMailboxCode(local.charCodeAt(i))) return undefined
  return local
}

/** Mailboxes in free text, only under suffixes that exist (`image@2x.png` is a file). */
function findEmails(text: string): Match[] {
  const matches: Match[] = []
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', from)) {
    let start = at
    while (start > from && at - start < 65 && isMailboxCode(text.charCodeAt(start - 1))) start--
    let end = at + 1
    while (end < text.length && isNameCode(text.charCodeAt(end))) end++
    from = end
    if (at - start > 64 || end - at > 255 || text[end] === '@') continue
    while (end > at && /[.\-_]/.test(text[end - 1]!)) end--
    start = withoutQuoting(text, start, at)
    const host = canonicalName(text.slice(at + 1, end))
    const local = localPart(text.slice(start, at))
    if (host === undefined || local === undefined || !hasKnownSuffix(host)) continue
    matches.push({ value: `${local}@${host}`, raw: text.slice(start, end), index: start })
  }
  return matches
}

/** Quotes, entities and separators that prose, HTML and URLs put before an address are allowed in one, but never meant. */
function withoutQuoting(text: string, start: number, at: number): number {
  for (let i = at - 1; i >= start; i--) if ("/=?&'`|{}*#".includes(text[i]!)) return i + 1
  while (start < at && (text[start] === '.' || text[start] === "'")) start++
  return start
}
