import { standsAlone } from '../characters.ts'
import { type EntityDefinition, type Match, displayAsIs } from '../definition.ts'

export const fingerprint: EntityDefinition = {
  type: 'fingerprint',
  version: 1,
  title: 'Fingerprint',
  plural: 'Fingerprints',
  form: '`kind:value`: `favicon-mmh3:-1840324437`, `jarm:…`, `ja3:…`, `ssh-hostkey:SHA256:…`, `analytics:UA-1234567`, `pgp:…`',
  examples: [
    { raw: 'favicon-mmh3:-1840324437', value: 'favicon-mmh3:-1840324437' },
    { raw: 'Favicon-MMH3:2454642859', value: 'favicon-mmh3:-1840324437' },
    { raw: 'analytics:ua-1234567-8', value: 'analytics:UA-1234567' },
    { raw: 'analytics:gtm-abc123', value: 'analytics:GTM-ABC123' },
    { raw: 'analytics:pub-1234567890123456', value: 'analytics:ca-pub-1234567890123456' },
    { raw: 'analytics:fb-1234567890', value: 'analytics:fb-1234567890' },
    {
      raw: 'ssh-hostkey:SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
      value: 'ssh-hostkey:SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
    },
    { raw: 'ja3:E7D705A3286E19EA42F587B344EE6865', value: 'ja3:e7d705a3286e19ea42f587b344ee6865' },
    {
      raw: 'pgp:0D69 E11F 12BD BA07 7B37 26AB 4E1F 799A A4FF 2279',
      value: 'pgp:0d69e11f12bdba077b3726ab4e1f799aa4ff2279',
    },
  ],
  counterExamples: [
    'jarm',
    'jarm:abc',
    'favicon-mmh3:x',
    'ja3:12',
    'favicon-mmh3:99999999999',
    ':x',
    'https://example.com',
    '',
  ],
  normalise: normaliseFingerprint,
  find: findTrackers,
  display: displayAsIs,
}

const hexOf = (length: number) => (value: string) => {
  const hex = value.replace(/[\s:]/g, '').toLowerCase()
  return hex.length === length && /^[\da-f]+$/.test(hex) ? hex : undefined
}

/** What the value of each kind must look like; kinds not named here take any text without white space. */
const kinds: Record<string, (value: string) => string | undefined> = {
  'favicon-mmh3': signed32,
  'body-mmh3': signed32,
  jarm: hexOf(62),
  ja3: hexOf(32),
  ja3s: hexOf(32),
  hassh: hexOf(32),
  pgp: hexOf(40),
  'ssh-hostkey': (value) => {
    const digest = /^(?:SHA256:)?([A-Za-z\d+/]{43})=?$/.exec(value)?.[1]
    return digest === undefined ? hexOf(32)(value.replace(/^MD5:/i, '')) : `SHA256:${digest}`
  },
  analytics: trackerOf,
}

/** Kinds that read as something else in front of a colon: a scheme, an entity type. */
const notKinds = new Set(['http', 'https', 'ftp', 'mailto', 'tel', 'data', 'javascript', 'file'])

function normaliseFingerprint(raw: string): string | undefined {
  if (raw.length > 1024) return undefined
  const match = /^\s*([a-z][a-z\d-]{1,31}):(.+)$/is.exec(raw)
  const kind = match?.[1]!.toLowerCase() ?? ''
  if (!match || notKinds.has(kind)) return undefined
  const text = match[2]!.trim()
  const canonical = Object.hasOwn(kinds, kind) ? kinds[kind]!(text) : /^[\x21-\x7e]+$/.test(text) ? text : undefined
  return canonical === undefined ? undefined : `${kind}:${canonical}`
}

/** A 32-bit hash; some tools print it unsigned. */
function signed32(value: string): string | undefined {
  if (!/^-?\d{1,10}$/.test(value)) return undefined
  const number = Number(value)
  return number >= -2_147_483_648 && number <= 4_294_967_295 ? String(number | 0) : undefined
}

/**
 * The id of a web analytics, tag, advertisement or pixel account; of `UA-1234567-8` the account, which is what sites
 * share. AdSense ids are written `ca-pub-…`, Facebook pixels `fb-…`.
 */
function trackerOf(value: string): string | undefined {
  const publisher = /^(?:ca-)?pub-(\d{14,18})$/i.exec(value)?.[1]
  if (publisher !== undefined) return `ca-pub-${publisher}`
  const pixel = /^fb-(\d{10,17})$/i.exec(value)?.[1]
  if (pixel !== undefined) return `fb-${pixel}`
  const id = value.toUpperCase()
  const account = /^(UA-\d{4,10})-\d{1,4}$/.exec(id)?.[1] ?? id
  return /^(?:UA-\d{4,10}|GTM-[A-Z\d]{4,10}|G-[A-Z\d]{8,12}|AW-\d{8,12}|DC-\d{6,12})$/.test(account)
    ? account
    : undefined
}

const tracker = /(?:UA-\d{4,10}-\d{1,4}|GTM-[A-Z\d]{4,10}|G-[A-Z\d]{10}|AW-\d{9,11}|ca-pub-\d{14,18})/g
const pixelCall = /fbq\(\s{0,4}['"]init['"]\s{0,4},\s{0,4}['"](\d{10,17})['"]/g

/** Tracker ids that stand alone, and the pixel id of Facebook's `fbq('init', …)`. */
function findTrackers(text: string): Match[] {
  const matches: Match[] = []
  for (const { 0: raw, index } of text.matchAll(tracker)) {
    const id = standsAlone(text, index, index + raw.length) && text[index - 1] !== '-' ? trackerOf(raw) : undefined
    if (id !== undefined) matches.push({ value: `analytics:${id}`, raw, index })
  }
  for (const { 0: call, 1: id = '', index } of text.matchAll(pixelCall)) {
    matches.push({ value: `analytics:fb-${id}`, raw: id, index: index + call.lastIndexOf(id) })
  }
  return matches.sort((a, b) => a.index - b.index)
}
