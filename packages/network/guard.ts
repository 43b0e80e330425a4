import { networkInterfaces } from 'node:os'
import { canonicalAddress, embeddedIpv4, formatAddress, isAddress, reverseZone } from '@mirage/model/address.ts'
import { type Contact, contacts, isWithinContact } from '@mirage/model/contact.ts'
import { contains } from '@mirage/model/netblock.ts'
import type { Scope } from '@mirage/model/scope.ts'
import { type SpecialName, specialName } from '@mirage/model/special-name.ts'
import { specialRange } from '@mirage/model/special-range.ts'
import { NetworkError, refused } from './error.ts'

/**
 * What may leave the machine, decided here and nowhere else: pure functions of a policy and a host. A name is checked
 * before it is resolved, and every address before it is connected to, again for every request and redirect.
 */
export interface Policy {
  scope: GuardScope
  /** The strongest contact the run allows. */
  ceiling: Contact
  /** The installation allows private targets; a seed must still name the range. */
  allowPrivate: boolean
  /** With a dial map: the world's networks, open whatever range they are in. Nothing outside them is dialled. */
  lab?: { networks: string[] }
  /** Names are given to a proxy, never resolved here: a proxy into Tor may reach `.onion`. */
  proxied?: boolean
  /** Hosts that count as in scope for one task, because it was leased for them (a run may reach beyond its seeds). */
  admits?: ReadonlySet<string>
  /** Every address of this machine; canonical. */
  ownAddresses: () => ReadonlySet<string>
  /** True for a name server, by name or address, known to be authoritative for a name in scope. */
  isTargetNameServer?: (host: string) => boolean
}

/** What the guard asks of a run's scope. */
export type GuardScope = Pick<
  Scope,
  'coversHost' | 'excludesHost' | 'namesAddress' | 'isSeedZone' | 'excluded' | 'included'
>

declare const checked: unique symbol

/** An address the guard has let through. Only `checkAddress` makes one, and the dialer takes nothing else. */
export type CheckedAddress = string & { readonly [checked]: true }

export type Host = { name: string; address?: never } | { address: string; name?: never }

/**
 * Reads a host as WHATWG does, so that `2130706433`, `0x7f.1`, `[::ffff:127.0.0.1]`, `EXAMPLE.com.` and IDN all reach
 * the checks in the one form that is dialled. Throws `network.unreadable_host`.
 */
export function parseHost(text: string): Host {
  const bare = text.startsWith('[') ? text.slice(1, -1) : text
  const address = canonicalAddress(bare)
  if (address !== undefined) return { address }
  const parsed = URL.parse(`http://${text}/`)
  if (
    parsed === null ||
    parsed.hostname === '' ||
    parsed.port !== '' ||
    parsed.username !== '' ||
    parsed.pathname !== '/'
  )
    throw unreadable(text)
  return hostOf(parsed)
}

/** Reads a URL of http or https; credentials in it are dropped, as is the fragment. Throws `network.unreadable_host`. */
export function parseUrl(text: string, base?: URL): URL {
  const url = base === undefined ? URL.parse(text) : URL.parse(text, base.href)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw unreadable(text)
  url.username = ''
  url.password = ''
  url.hash = ''
  return url
}

/** The host of a parsed URL. */
export function hostOf(url: URL): Host {
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const address = canonicalAddress(hostname)
  if (address !== undefined) return { address }
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
  if (name === '' || name.startsWith('.') || name.includes('..')) throw unreadable(url.hostname)
  return { name }
}

function unreadable(text: string): NetworkError {
  const detail = `“${text.slice(0, 200)}” is not a host or an http(s) URL that can be asked.`
  return new NetworkError({ outcome: 'skipped', reason: 'unreadable-host', detail })
}

/**
 * The policy for one URL: an include rule that matches it makes its host a target for this request. Throws
 * `network.excluded` when an exclude rule matches it.
 */
export function policyForUrl(policy: Policy, url: URL): Policy {
  const entity = { type: 'url', value: url.href } as const
  if (policy.scope.excluded(entity)) throw refused('excluded', `${url.href} is excluded from this run.`)
  const { name, address } = hostOf(url)
  return policy.scope.included(entity) ? { ...policy, admits: new Set(policy.admits).add(name ?? address) } : policy
}

/**
 * Answers the contact that asking this peer really is: the stronger of what was declared and what the peer makes it (a
 * host in scope is the target, whatever was declared). Throws `network.*` with outcome `out-of-scope` when the host is
 * excluded, when that contact is above the run's ceiling, when a target request goes to a host that is none, or when a
 * name can only mean this machine or its network.
 */
export function checkHost(policy: Policy, host: Host, declared: Contact): Contact {
  const text = host.name ?? host.address
  for (const form of formsOf(text))
    if (policy.scope.excludesHost(form)) throw refused('excluded', `${text} is excluded from this run.`)
  if (host.name !== undefined) checkName(policy, host.name, 'connect')
  const isTarget = isTargetHost(policy, text)
  if (declared === 'target' && !isTarget)
    throw refused('not-in-scope', `${text} is not in the scope of this run. Add it with --include to contact it.`)
  const contact = isTarget || policy.isTargetNameServer?.(text) === true ? 'target' : declared
  checkCeiling(policy, contact, text)
  return contact
}

/**
 * Lets an address through, or throws as `checkHost` does. `behind` is the name whose resolution gave it: an address of
 * a name in scope may be contacted on behalf of that name; an address on its own must be in scope itself. `contact` is
 * what `checkHost` answered for the name, or what was declared for a bare address. An address in scope makes any
 * request to it a contact of the target.
 */
export function checkAddress(policy: Policy, address: string, contact: Contact, behind?: string): CheckedAddress {
  const canonical = canonicalAddress(address)
  if (canonical === undefined) throw unreadable(address)
  const at = behind === undefined ? canonical : `${behind} (${canonical})`
  const forms = formsOf(canonical)
  for (const form of forms)
    if (policy.scope.excludesHost(form)) throw refused('excluded', `${at} is excluded from this run.`)
  checkRange(policy, canonical, forms, at)
  if (behind === undefined) checkHost(policy, { address: canonical }, contact)
  else if (isTargetHost(policy, canonical) || policy.isTargetNameServer?.(canonical) === true)
    checkCeiling(policy, 'target', at)
  // The brand is the proof that the checks above were passed; nothing else makes one.
  return canonical as CheckedAddress
}

/**
 * Answers what a DNS question through a recursive resolver is: `relayed` for a name in scope or in a seed's zone,
 * forward or reverse, because its name servers may see the resolver; else what was declared, `stored` at least. Throws
 * when that is above the run's ceiling, the name is excluded, or nobody outside may be asked about it.
 */
export function checkQuestion(policy: Policy, name: string, declared: Contact): Contact {
  const text = canonicalName(name)
  if (policy.scope.excludesHost(text)) throw refused('excluded', `${text} is excluded from this run.`)
  checkName(policy, text, 'ask')
  const floor = policy.scope.isSeedZone(text) || isTargetHost(policy, text) ? 'relayed' : 'stored'
  const contact = strongest(floor, declared === 'target' ? 'relayed' : declared)
  checkCeiling(policy, contact, text)
  return contact
}

/** Lower case, without the final dot: how names are compared. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/** True when the host is a target of this run: in scope, or admitted for this task. */
export function isTargetHost(policy: Policy, host: string): boolean {
  return formsOf(host).some((form) => policy.scope.coversHost(form) || policy.admits?.has(form) === true)
}

function checkCeiling(policy: Policy, contact: Contact, host: string): void {
  if (isWithinContact(contact, policy.ceiling)) return
  const detail = `Asking ${host} would be “${contact}” contact; this run allows no more than “${policy.ceiling}”.`
  throw refused('contact-ceiling', detail)
}

function checkRange(policy: Policy, canonical: string, forms: string[], at: string): void {
  if (policy.lab !== undefined) {
    const { networks } = policy.lab
    if (forms.every((form) => networks.some((network) => contains(network, form)))) return
    throw refused('outside-lab', `${at} is outside the lab; this run dials nothing else.`)
  }
  // Who names an IPv4 range has not named every tunnel that claims to lead there.
  if (policy.allowPrivate && policy.scope.namesAddress(canonical)) return
  const own = policy.ownAddresses()
  if (forms.some((form) => own.has(form))) throw refused('own-address', `${at} is an address of this machine.`)
  const range = specialRange(canonical)
  if (range === undefined) return
  const detail = `${at} is a ${range} address. To scan it, name its range as a target on an installation that allows private targets.`
  throw refused('special-address', detail)
}

/** The address and, where it carries one, the IPv4 address behind it; a name is itself. */
function formsOf(host: string): string[] {
  if (!isAddress(host)) return [host]
  const embedded = embeddedIpv4(host)
  return embedded === undefined ? [host] : [host, formatAddress(embedded)]
}

/**
 * Lets a name through that somebody on the public Internet may be asked about, or throws `special-name`. One of a private
 * network may be a target as an address there may: named, on an installation that allows private targets. `.onion` is
 * for a proxy alone, which a lab has no need of: its DNS is a world of its own. No resolver searches for what a single
 * label might mean, but proxies do.
 */
function checkName(policy: Policy, name: string, use: 'connect' | 'ask'): void {
  if (policy.lab !== undefined) return
  const kind = specialName(name)
  if (kind === undefined) {
    if (use === 'ask' || name.includes('.')) return
    throw refused('special-name', `${name} can only mean this machine or its own network.`)
  }
  if (kind === 'private-network' && policy.allowPrivate && namesTarget(policy, name)) return
  if (use === 'connect' && policy.proxied === true && name.endsWith('.onion')) return
  throw refused('special-name', `${name} ${meanings[kind]}`)
}

const meanings: Record<SpecialName, string> = {
  'this-machine': 'can only mean this machine.',
  'private-network':
    'can only mean a private network. To scan it, name it as a target on an installation that allows private targets.',
  'another-system': 'is not a name of the DNS; no resolver is told of it.',
  nothing: 'is a name that nothing has.',
}

/** True for a name in scope, and for the reverse name or zone of an address that a seed names. */
function namesTarget({ scope }: Policy, name: string): boolean {
  const zone = reverseZone(name)
  return scope.coversHost(name) || (zone !== undefined && scope.namesAddress(formatAddress(zone.bytes)))
}

function strongest(a: Contact, b: Contact): Contact {
  return contacts.indexOf(a) >= contacts.indexOf(b) ? a : b
}

/** Every address of this machine's interfaces, canonical; looked at again after ten seconds. */
export function ownAddresses(now: () => number): () => ReadonlySet<string> {
  let known = new Set<string>()
  let staleAt = -Infinity
  return () => {
    if (now() < staleAt) return known
    staleAt = now() + 10_000
    known = new Set()
    for (const addresses of Object.values(networkInterfaces()))
      for (const { address } of addresses ?? []) {
        const canonical = canonicalAddress(address.split('%')[0]!)
        if (canonical !== undefined) known.add(canonical)
      }
    return known
  }
}
