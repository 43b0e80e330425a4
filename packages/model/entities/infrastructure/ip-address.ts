import { canonicalAddress, ipv4Number } from '../../address.ts'
import { isDefanged, refang } from '../../refang.ts'
import { isDigitCode, isWordCode } from '../characters.ts'
import { type EntityDefinition, type Match, displayAsIs } from '../definition.ts'

export const ipAddress: EntityDefinition = {
  type: 'ip-address',
  version: 1,
  title: 'IP address',
  plural: 'IP addresses',
  form: 'IPv4 in four decimal parts, IPv6 as RFC 5952 writes it; an IPv4-mapped address is the IPv4 address',
  examples: [
    { raw: '192.0.2.1', value: '192.0.2.1' },
    { raw: '192[.]0[.]2[.]1', value: '192.0.2.1' },
    { raw: '[2001:DB8::0:1]', value: '2001:db8::1' },
    { raw: '2001:0db8:0000:0001:0001:0000:0000:0001', value: '2001:db8:0:1:1::1' },
    { raw: '::ffff:192.0.2.1', value: '192.0.2.1' },
    { raw: '64:ff9b::192.0.2.33', value: '64:ff9b::c000:221' },
  ],
  counterExamples: [
    '999.1.1.1',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4.5',
    '1.2.3.4/32',
    'fe80::1%eth0',
    '1:2:3',
    ':::',
    '2130706433',
    '',
  ],
  normalise: normaliseAddress,
  find: findAddresses,
  display: displayAsIs,
}

/** An address in canonical form; white space around it, URL brackets and defanged dots are accepted. */
function normaliseAddress(raw: string): string | undefined {
  const address = canonicalAddress(raw)
  if (address !== undefined || raw.length > 256) return address
  const trimmed = raw.trim()
  const plain = isDefanged(trimmed) ? refang(trimmed).text : trimmed
  const bare = plain.startsWith('[') && plain.endsWith(']') ? plain.slice(1, -1) : plain
  return bare === raw ? undefined : canonicalAddress(bare)
}

function findAddresses(text: string): Match[] {
  return [...findIpv4(text), ...findIpv6(text)].sort((a, b) => a.index - b.index)
}

/** Four decimal parts that stand alone: not part of a longer dotted number, a version or a name. */
function findIpv4(text: string): Match[] {
  const matches: Match[] = []
  let from = 0
  for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', from)) {
    let start = dot
    while (start > from && isDigitOrDot(text.charCodeAt(start - 1))) start--
    let end = dot + 1
    while (end < text.length && isDigitOrDot(text.charCodeAt(end))) end++
    from = end
    while (end > start && text.charCodeAt(end - 1) === 46) end--
    if (end - start > 15 || end - start < 7 || isWordOr(text, start - 1, '-_:') || isWordOr(text, end, '-_')) continue
    if (isBlock(text, start, end)) continue
    const raw = text.slice(start, end)
    if (ipv4Number(raw) >= 0) matches.push({ value: raw, raw, index: start })
  }
  return matches
}

/** Runs of hexadecimal digits, `:` and `.` with two colons or more; a short one like `::` or `a::b` is taken for code. */
function findIpv6(text: string): Match[] {
  const matches: Match[] = []
  let from = 0
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', from)) {
    let start = colon
    while (start > from && isIpv6Code(text.charCodeAt(start - 1))) start--
    let end = colon + 1
    while (end < text.length && isIpv6Code(text.charCodeAt(end))) end++
    from = end
    while (end > start && text.charCodeAt(end - 1) === 46) end--
    if (end - start < 6 || end - start > 45 || isWordOr(text, start - 1, '-_') || isWordOr(text, end, '_%')) continue
    if (isBlock(text, start, end)) continue
    const raw = text.slice(start, end)
    const value = canonicalAddress(raw)
    if (value !== undefined) matches.push({ value, raw, index: start })
  }
  return matches
}

/** `10.0.0.0/8` is a netblock; in `http://10.0.0.1/24` the address is a host. */
function isBlock(text: string, start: number, end: number): boolean {
  return text[end] === '/' && text[start - 1] !== '/' && /^\d{1,3}(?!\w)/.test(text.slice(end + 1, end + 5))
}

function isDigitOrDot(code: number): boolean {
  return isDigitCode(code) || code === 46
}

function isIpv6Code(code: number): boolean {
  return code === 58 || isDigitOrDot(code) || ((code | 32) >= 97 && (code | 32) <= 102)
}

function isWordOr(text: string, index: number, others: string): boolean {
  if (index < 0 || index >= text.length) return false
  return isWordCode(text.charCodeAt(index)) || others.includes(text[index]!)
}
