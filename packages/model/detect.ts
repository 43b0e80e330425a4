import type { EntityType } from './entity.ts'
import { entityTypes } from './entity.ts'
import { parseRange } from './entities/infrastructure/netblock.ts'
import { hostOfUrl } from './entities/infrastructure/url.ts'
import { givenNamespace, namespaced } from './namespace.ts'
import { blocksOfRange, formatNetblock } from './netblock.ts'
import { explainShape } from './refusal.ts'
import { namedByUrl, normalise } from './registry.ts'

/** One way to read a line. A range of addresses that is no single CIDR block is several entities, everything else is one. */
export interface Reading {
  type: EntityType
  entities: { type: EntityType; value: string }[]
}

/**
 * How a line that a person typed as a target can be read, the best way first; none when it cannot be, and then
 * `explainRefusal` says why. A type in front decides (`username:jdoe`), quotes make a phrase of it (`"Acme Inc."`). What
 * looks like an address, a name or a URL and is not one is never read as a mere word.
 */
export function detect(line: string): Reading[] {
  const text = line.trim()
  if (text === '' || text.length > 4096) return []
  const prefixed = splitPrefix(text)
  if (prefixed) return readAs(prefixed.type, prefixed.rest)
  const phrase = /^(["'“„«‘])(.+)["'”“»’]$/su.exec(text)?.[2]
  if (phrase !== undefined) return phraseReadings(phrase)
  const readings = structuredReadings(text)
  return readings.length > 0 || explainShape(text) !== undefined ? readings : freeReadings(text)
}

/** Short names that people type in front of a value. */
const shortNames: Record<string, EntityType> = {
  ip: 'ip-address',
  cidr: 'netblock',
  org: 'organization',
  user: 'username',
  repo: 'code-repository',
  iban: 'bank-account',
  cve: 'vulnerability',
}

/** The type that a line names in front of its value; `file://` and the like are URLs. */
export function splitPrefix(text: string): { type: EntityType; rest: string } | undefined {
  const match = /^([a-z][a-z-]{1,23}):(?!\/\/)\s*(.*)$/is.exec(text)
  const word = match?.[1]!.toLowerCase() ?? ''
  const type = Object.hasOwn(shortNames, word) ? shortNames[word] : entityTypes.find((type) => type === word)
  return match && type ? { type, rest: match[2]! } : undefined
}

const namespacedTypes = new Set<EntityType>(['organization', 'person', 'postal-address'])

function readAs(type: EntityType, text: string): Reading[] {
  if (type === 'netblock') {
    const blocks = rangeReading(text)
    if (blocks) return [blocks]
  }
  const bare = /^"(.*)"$/s.exec(text)?.[1] ?? text
  return reading(type, namespacedTypes.has(type) && !bare.includes('|') ? namespaced(givenNamespace, bare) : bare)
}

function reading(type: EntityType, text: string): Reading[] {
  const value = normalise(type, text)
  return value === undefined ? [] : [{ type, entities: [{ type, value }] }]
}

/** Types whose form alone tells them, surest first. */
const sure: [EntityType, (text: string) => boolean][] = [
  ['username', (text) => /^@[^@.]+$/.test(text)],
  ['email', (text) => text.includes('@') || /\b(?:at)\b/i.test(text)],
  ['ip-address', () => true],
  ['open-port', () => true],
  ['asn', (text) => /^as/i.test(text)],
  ['vulnerability', () => true],
  ['onion-service', () => true],
  ['mobile-app', () => true],
  ['cloud-bucket', (text) => /^\w+:/.test(text) && !/^https?:/i.test(text)],
  ['cloud-tenant', (text) => /^[\w-]+:/.test(text) && !/^https?:/i.test(text)],
  ['code-repository', (text) => /^git@|^ssh:|\.git$/i.test(text)],
  ['crypto-address', () => true],
  ['bank-account', () => true],
  ['phone', (text) => /^(?:tel:|\(?\+)/i.test(text)],
  ['geo-point', (text) => /^geo:|,/i.test(text)],
  ['hash', () => true],
  ['certificate', () => true],
  ['fingerprint', (text) => /^(?:favicon-mmh3|body-mmh3|jarm|ja3s?|hassh|pgp|ssh-hostkey|analytics):/i.test(text)],
  ['service', () => true],
  ['dns-record', (text) => / (?:TXT|SPF|DMARC|CAA|SOA) /.test(text)],
]

function structuredReadings(text: string): Reading[] {
  const range = rangeReading(text)
  if (range) return [range]
  const readings = sure.flatMap(([type, applies]) => (applies(text) ? reading(type, text) : []))
  if (readings.length > 0) return withHost(readings)
  return text.includes('://') || /^hxxp/i.test(text) ? urlReadings(text, text) : nameReadings(text)
}

/** A block, or first and last address; a block of one address is that address. */
function rangeReading(text: string): Reading | undefined {
  const block = normalise('netblock', text)
  const range = block === undefined ? parseRange(text) : undefined
  const blocks =
    block === undefined ? (range ? blocksOfRange(range.first, range.last).map(formatNetblock) : []) : [block]
  if (blocks.length === 0) return undefined
  const entities = blocks.map((value) => {
    const [address, prefix] = value.split('/')
    const isOne = Number(prefix) === (value.includes(':') ? 128 : 32)
    return isOne ? { type: 'ip-address' as const, value: address! } : { type: 'netblock' as const, value }
  })
  return { type: entities.length === 1 ? entities[0]!.type : 'netblock', entities }
}

/** A port on an address can also mean the address. */
function withHost(readings: Reading[]): Reading[] {
  const port = readings.find(({ type }) => type === 'open-port')?.entities[0]?.value
  return port === undefined ? readings : [...readings, ...reading('ip-address', port.replace(/:\d+\/\w+$/, ''))]
}

/** A URL, then what it leads to, then its host. */
function urlReadings(url: string, text: string): Reading[] {
  const urls = reading('url', url)
  const value = urls[0]?.entities[0]?.value
  if (value === undefined) return []
  const host = hostOfUrl(value)
  const named = namedByUrl(value).map((entity) => ({ type: entity.type, entities: [entity] }))
  const hosts = [...reading('domain', host), ...reading('ip-address', host)]
  return url === text ? [...urls, ...named, ...hosts] : [...named, ...urls, ...hosts]
}

/** A name; with a port or a path a URL without its scheme. Where a path is an account or a repository it is that first. */
function nameReadings(text: string): Reading[] {
  const names = reading('domain', text)
  if (names.length === 0) {
    const isUrl = /^[^\s/:@]+\.[^\s/:@]+(?:[:/]|\[:\])/.test(text) && !/^[\d.]+\/\d+$/.test(text)
    return isUrl ? urlReadings(`https://${text}`, text) : []
  }
  const name = names[0]!.entities[0]!.value
  const others = [...reading('cloud-bucket', name), ...reading('cloud-tenant', name)]
  return [...names, ...others]
}

function freeReadings(text: string): Reading[] {
  const isWord = !/\s/.test(text)
  return isWord ? [...reading('username', text), ...phraseReadings(text)] : phraseReadings(text)
}

function phraseReadings(phrase: string): Reading[] {
  return [
    ...reading('keyword', phrase),
    ...reading('organization', namespaced(givenNamespace, phrase)),
    ...reading('person', namespaced(givenNamespace, phrase)),
  ]
}
