import { parseAddress } from './address.ts'
import { canonicalName } from './domain-name.ts'
import { normaliseAsn } from './entities/infrastructure/asn.ts'
import { parseRange } from './entities/infrastructure/netblock.ts'
import { normaliseUrl } from './entities/infrastructure/url.ts'
import { detect, splitPrefix } from './detect.ts'
import { explainRefusal } from './explain.ts'
import { blocksOfRange, parseNetblock } from './netblock.ts'
import { type Located, type Place, placeOf } from './place.ts'
import { prefixMap } from './prefix-map.ts'
import { refang } from './refang.ts'
import { explainShape, quote } from './refusal.ts'

/**
 * Include or exclude rules, one a line; blank lines and what follows `#` at the start or behind white space are comments:
 *
 * | Rule | Matches |
 * |---|---|
 * | `example.com` | the name and every name below it, with their URLs, e-mail addresses and records |
 * | `=example.com` | that name alone |
 * | `*.example.com` | the names below it, not itself |
 * | `192.0.2.0/24`, `192.0.2.3-9`, `192.0.2.1` | addresses, blocks inside, ports, services, URLs there |
 * | `AS64500` | that network, and so what is only reached through it |
 * | `https://example.com/app/` | URLs of that origin whose path starts so |
 * | `email:jane@example.com` | any one entity, by its type |
 *
 * A match costs a few look-ups, however many rules there are.
 */
export interface Rules {
  readonly size: number
  matches(entity: Located): boolean
}

/** Lines that are no rules, each with its number and the reason. */
export class RuleError extends RangeError {
  override name = 'RuleError'
  readonly faults: readonly { line: number; rule: string; reason: string }[]

  constructor(faults: readonly { line: number; rule: string; reason: string }[]) {
    const shown = faults.slice(0, 10).map(({ line, reason }) => `rule ${line}: ${reason}`)
    super(shown.join('\n') + (faults.length > 10 ? `\nand ${faults.length - 10} more` : ''))
    this.faults = faults
  }
}

/** Compiles rules. Throws a RuleError that names every wrong one. */
export function compileRules(lines: readonly string[]): Rules {
  const names = new Set<string>()
  const below = new Set<string>()
  const exact = new Set<string>()
  const blocks = prefixMap<true>()
  const networks = new Set<string>()
  const urls = urlPrefixes<true>()
  const entities = new Set<string>()
  const faults: { line: number; rule: string; reason: string }[] = []
  let size = 0

  for (const [index, line] of lines.entries()) {
    const rule = line.replace(/(?:^|\s)#[^]*$/, '').trim()
    if (rule === '') continue
    const reason = add(rule)
    if (reason === undefined) size++
    else faults.push({ line: index + 1, rule, reason })
  }
  if (faults.length > 0) throw new RuleError(faults)

  /** Answers why the rule is wrong, or undefined once it is added. */
  function add(written: string): string | undefined {
    if (/^\/.*\/[a-z]*$/.test(written)) {
      return `${quote(written)} is a regular expression, which rules do not read: write \`example.com\`, \`*.example.com\`, a CIDR block or the start of a URL`
    }
    const rule = refang(written).text
    const name = canonicalName(rule.replace(/^(?:=|\*\.)/, ''))
    if (name !== undefined) {
      ;(rule.startsWith('=') ? exact : rule.startsWith('*.') ? below : names).add(name)
      return undefined
    }
    if (addBlocks(rule)) return undefined
    const asn = /^as/i.test(rule) ? normaliseAsn(rule) : undefined
    if (asn !== undefined) return void networks.add(asn)
    const url = normaliseUrl(rule)
    if (url !== undefined) {
      urls.add(url, true)
      return undefined
    }
    const given = splitPrefix(rule) ? detect(rule)[0]?.entities : undefined
    for (const { type, value } of given ?? []) entities.add(`${type}:${value}`)
    return given ? undefined : explainRule(written)
  }

  function addBlocks(rule: string): boolean {
    const bytes = parseAddress(rule)
    const block = bytes ? { bytes, prefix: bytes.length * 8 } : parseNetblock(rule)
    const range = block ? undefined : parseRange(rule)
    const all = block ? [block] : range ? blocksOfRange(range.first, range.last) : []
    for (const block of all) blocks.set(block, true)
    return all.length > 0
  }

  function matches(entity: Located): boolean {
    if (size === 0) return false
    const place = placeOf(entity)
    return (
      (place !== undefined && matchesPlace(place)) ||
      ((entity.type === 'url' || entity.type === 'file') && urls.find(entity.value) !== undefined) ||
      (entities.size > 0 && entities.has(`${entity.type}:${entity.value}`))
    )
  }

  function matchesPlace(place: Place): boolean {
    switch (place.at) {
      case 'name':
        return matchesName(place.name)
      case 'address':
        return blocks.find(place.bytes) !== undefined
      case 'block':
        return place.prefix === undefined
          ? blocks.find(place.first) !== undefined && blocks.find(place.last) !== undefined
          : blocks.find(place.first, place.prefix) !== undefined
      case 'network':
        return networks.has(place.asn)
    }
  }

  function matchesName(name: string): boolean {
    if (exact.has(name) || names.has(name)) return true
    if (names.size + below.size === 0) return false
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const parent = name.slice(dot + 1)
      if (names.has(parent) || below.has(parent)) return true
    }
    return false
  }

  return { size, matches }
}

/** Values by the start of a canonical URL: same origin, and a path that begins so at a boundary (`/`, `?` or its end). */
export function urlPrefixes<T>() {
  const byOrigin = new Map<string, { path: string; value: T }[]>()
  return {
    add(url: string, value: T): void {
      const { origin, path } = splitUrl(url)
      const paths = byOrigin.get(origin) ?? []
      paths.push({ path, value })
      byOrigin.set(origin, paths)
    },
    find(url: string): T | undefined {
      if (byOrigin.size === 0) return undefined
      const { origin, path } = splitUrl(url)
      return byOrigin.get(origin)?.find((prefix) => startsAtBoundary(path, prefix.path))?.value
    },
  }
}

function splitUrl(url: string): { origin: string; path: string } {
  const slash = url.indexOf('/', url.indexOf('//') + 2)
  return { origin: url.slice(0, slash), path: url.slice(slash) }
}

function startsAtBoundary(path: string, prefix: string): boolean {
  return (
    path.startsWith(prefix) &&
    (path.length === prefix.length || prefix.endsWith('/') || '/?'.includes(path[prefix.length]!))
  )
}

function explainRule(rule: string): string {
  const bare = rule.replace(/^(?:=|\*\.)/, '')
  const reason = explainShape(bare) ?? (splitPrefix(bare) ? explainRefusal(bare) : undefined)
  return (
    reason ??
    `${quote(rule)} is not a rule: give a domain, \`=name\`, \`*.name\`, an address, a CIDR block, \`AS64500\`, the start of a URL, or \`type:value\``
  )
}
