import { isAddress } from './address.ts'
import { type EntityType, entityTypes } from './entity.ts'
import { normaliseDomain } from './entities/infrastructure/domain.ts'
import { refang } from './refang.ts'

/** Characters of a line that is looked at: some shapes cost the square of it. */
const longest = 4096

/**
 * What is wrong with a text that has the shape of an address, a name, a URL or another thing with rules of its own, in
 * one sentence; undefined when it has no such shape, so that it may be a word or a phrase.
 */
export function explainShape(line: string): string | undefined {
  if (line.length > longest) return undefined
  const text = refang(line.trim()).text
  for (const [shape, explain] of shapes) {
    const match = shape.exec(text)
    const reason = match && explain(text, match)
    if (reason) return reason
  }
  return undefined
}

/** Shapes in the order in which they are tried; the first that gives a reason counts. */
const shapes: [RegExp, (text: string, match: RegExpExecArray) => string | undefined][] = [
  [
    /^\*\.(.+)$/,
    (text, [, name = '']) => `${quote(text)} is a pattern: give ${quote(name)}, which covers every name below it`,
  ],
  [/^([\d.]+)\s*[-–]\s*([\d.]+)$/, explainRange],
  [/^([\d.:a-f]+)\/(\d+|[\d.]+)$/i, explainNetblock],
  [/^\d+(?:\.\d+)+$/, (text) => explainIpv4(text)],
  [/^(\d+(?:\.\d+){3}):(.*)$/, (text, [, address = '', port = '']) => explainPort(text, address, port)],
  [
    /^(?:0x[\da-f]{1,8}|\d+)$/i,
    (text) =>
      `${quote(text)} is a bare number: write \`AS${text}\` for a network's number, \`+${text}\` for a phone number, or quotes around a keyword`,
  ],
  [/^\[?[\da-f]*:[\da-f.]*:[\da-f:.%\w]*\]?$/i, explainIpv6],
  [/^as\s?n?[\d.]+$/i, (text) => `${quote(text)} is not an AS number: they go from AS1 to AS4294967295`],
  [/^cve-/i, (text) => `${quote(text)} is not a CVE id: expected the form \`CVE-2021-44228\``],
  [/^0x[\da-f]*$/i, explainEthereum],
  [
    /^(?:bc1[a-z\d]{8,}|[13][1-9A-HJ-NP-Za-km-z]{25,34})$/i,
    (text) => `${quote(text)} is not a Bitcoin address: its checksum is wrong`,
  ],
  [
    /^[a-z]{2}\d{2}(?:[ -]?[a-z\d]){11,30}$/i,
    (text) => `${quote(text)} is not an IBAN: country, length or checksum is wrong`,
  ],
  [
    /^\+[\d ().-]+$/,
    (text) => `${quote(text)} is not a phone number: no country has one of this length behind this code`,
  ],
  [/^([a-z][a-z\d+.-]*):\/\/([^/?#]*)/i, explainUrl],
  [/^([a-z][a-z-]{1,23}):(?=\S)/i, explainPrefix],
  [/@/, explainEmail],
  [/^localhost\.?$/i, (text) => `${quote(text)} is this machine: name the address, \`127.0.0.1\``],
  [
    /^(\S+)\.onion(?:[/:].*)?$/i,
    (text) => `${quote(text)} is not an onion service: version 3 has 56 characters and a checksum before \`.onion\``,
  ],
  [/^([^\s/:?#]+\.[^\s/:?#]*)(?:[/:?#].*)?$/s, (text, [, name = '']) => explainName(text, name)],
]

/** Why a domain name is refused; undefined when it is one. */
function explainName(text: string, name: string): string | undefined {
  if (normaliseDomain(name) !== undefined) {
    return name === text ? undefined : `${quote(text)} does not read as a URL: check what follows ${quote(name)}`
  }
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  const labels = bare.split('.')
  const long = labels.find((label) => label.length > 63)
  if (bare.length > 253) return `${quote(text)} is not a domain: it has ${bare.length} characters, 253 is the most`
  if (long !== undefined)
    return `${quote(text)} is not a domain: its label ${quote(long)} has ${long.length} characters, 63 is the most`
  if (labels.includes(''))
    return `${quote(text)} is not a domain: it has an empty label (two dots in a row, or one at its start)`
  const wrong = /[^\p{L}\p{M}\p{N}_.-]/u.exec(bare)?.[0]
  if (wrong !== undefined) return `${quote(text)} is not a domain: ${quote(wrong)} cannot stand in a name`
  if (labels.length < 2) return `${quote(text)} is not a domain: it has one label, a domain has at least two`
  return `${quote(text)} is not a domain: ${quote(labels.at(-1)!)} cannot be a top level`
}

/** The text in back quotes, shortened, without line breaks and controls. */
export function quote(text: string): string {
  const line = text.toWellFormed().replace(/[\p{C}\s]+/gu, ' ')
  return `\`${line.length > 80 ? `${line.slice(0, 79).toWellFormed()}…` : line}\``
}

function explainIpv4(text: string, whole = text): string | undefined {
  const parts = text.split('.')
  const large = parts.find((part) => Number(part) > 255)
  const zero = parts.find((part) => /^0\d/.test(part))
  const lead = `${quote(whole)} is not an address: `
  if (parts.length === 4 && large !== undefined) return `${lead}${large.slice(0, 20)} is more than 255`
  if (parts.includes('')) return `${lead}a part between two dots is empty`
  if (parts.length !== 4) return `${lead}an IPv4 address has four parts, this has ${parts.length}`
  if (zero !== undefined)
    return `${lead}${zero.slice(0, 20)} starts with a zero, which some read as octal; write ${Number(zero)}`
  return undefined
}

function explainRange(text: string, [, left = '', right = '']: RegExpExecArray): string | undefined {
  const wrong = explainIpv4(left, text) ?? (right.includes('.') ? explainIpv4(right, text) : undefined)
  if (wrong !== undefined) return wrong.replace('an address', 'a range')
  if (!right.includes('.') && Number(right) > 255)
    return `${quote(text)} is not a range: ${right.slice(0, 20)} is more than 255`
  return `${quote(text)} is not a range: it ends before it begins`
}

function explainNetblock(text: string, [, address = '', size = '']: RegExpExecArray): string | undefined {
  if (!isAddress(address))
    return /^[\d.]+$/.test(address)
      ? explainIpv4(address, text)
      : `${quote(text)} is not a netblock: ${quote(address)} is not an address`
  const most = address.includes(':') ? 128 : 32
  if (size.includes('.')) return `${quote(text)} is not a netblock: ${quote(size)} is not a contiguous mask`
  return Number(size) > most
    ? `${quote(text)} is not a netblock: /${size.slice(0, 20)} is more than /${most}`
    : undefined
}

function explainPort(text: string, address: string, port: string): string | undefined {
  return (
    explainIpv4(address, text) ??
    (/^\d+$/.test(port) ? `${quote(text)} is not a port: ports go from 1 to 65535` : undefined)
  )
}

function explainIpv6(text: string): string | undefined {
  if (isAddress(text.replace(/^\[|\]$/g, ''))) return undefined
  if (text.includes('%')) return `${quote(text)} has a zone, which means something on one machine only; leave it off`
  if (text.split('::').length > 2) return `${quote(text)} is not an address: \`::\` may stand once`
  const groups = text.replace(/^\[|\]$/g, '').split(':')
  const long = groups.find((group) => group.length > 4 && !group.includes('.'))
  if (long !== undefined) return `${quote(text)} is not an address: ${quote(long)} has more than four digits`
  return `${quote(text)} is not an address: an IPv6 address has eight groups, or fewer and one \`::\``
}

function explainEthereum(text: string): string {
  return text.length === 42
    ? `${quote(text)} is not an Ethereum address: its capitals are a checksum (EIP-55) and do not fit`
    : `${quote(text)} is not an Ethereum address: it has ${text.length - 2} digits, 40 are needed`
}

function explainEmail(text: string): string {
  const lead = `${quote(text)} is not an e-mail address: `
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const host = text.slice(at + 1)
  if (/\s/.test(text)) return `${lead}it holds a space; put quotes around a phrase`
  if (local === '') return `${lead}nothing stands before \`@\``
  if (host === '') return `${lead}nothing stands behind \`@\``
  const reason = explainName(host, host)
  return reason === undefined ? `${lead}${quote(local)} cannot stand before \`@\`` : lead + reason
}

function explainUrl(text: string, [, scheme = '', authority = '']: RegExpExecArray): string {
  if (!/^(?:https?|ftp|wss?)$/i.test(scheme))
    return `${quote(text)} is not a URL that can be looked at: the scheme is ${quote(scheme)}; http, https, ftp, ws and wss are read`
  if (authority === '') return `${quote(text)} is not a URL: it names no host`
  return `${quote(text)} is not a URL: ${quote(authority)} is not a host with an optional port`
}

function explainPrefix(text: string, [, word = '']: RegExpExecArray): string | undefined {
  const rest = text.slice(word.length)
  const near = entityTypes.find((type) => distance(type, word.toLowerCase()) <= 2)
  if (near !== undefined) return `there is no entity type ${quote(word)}; did you mean ${quote(near + rest)}?`
  return /^:[\d/]/.test(rest) ? undefined : `there is no entity type ${quote(word)}; put quotes around a phrase`
}

/** Levenshtein distance; both are short. */
function distance(a: EntityType, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
