import { canonicalAddress } from '@mirage/model/address.ts'
import { type Contact, isWithinContact } from '@mirage/model/contact.ts'
import type { DnsAnswer } from '@mirage/model/exchange.ts'
import { specialRange } from '@mirage/model/special-range.ts'
import type { DialMap } from './dial/dial-map.ts'
import type { DnsEngine } from './dns/engine.ts'
import type { DnsLane } from './dns/lane.ts'
import type { Resolver } from './dns/lane-options.ts'
import { NetworkError, refused } from './error.ts'
import { pairsPerFrame } from './record/frame.ts'
import { type GuardScope, canonicalName } from './guard.ts'
import { type Places, openPlaces } from './limits/places.ts'

/** Public recursive resolvers: Cloudflare, Google, Quad9, OpenDNS, each by two addresses. */
const publicResolvers = [
  '1.1.1.1',
  '1.0.0.1',
  '8.8.8.8',
  '8.8.4.4',
  '9.9.9.9',
  '149.112.112.112',
  '208.67.222.222',
  '208.67.220.220',
]

export interface LanesOptions {
  scope: GuardScope
  ceiling: Contact
  dialMap?: DialMap
  resolvers?: string[]
  proxy?: string
}

/** A way to ask, and how much of it may be lost at once. */
export interface Lane {
  about: 'target' | 'provider'
  lane: DnsLane
  /** One for each question that was asked and is not recorded: a frame of them is the most that a kill repeats. */
  places: Places
}

/** The DNS lanes of a session: one for questions about the target, one for the hosts of providers, with caches apart. */
export interface Lanes extends AsyncDisposable {
  /** The lane for a question of this contact. Throws a NetworkError behind a proxy, where nothing is resolved here. */
  of(contact: Contact): Lane
  /** Whether addresses of IPv6 are of any use to this run. */
  wantsIpv6(): boolean
  /** Remembers who serves names in scope, so that passive runs keep away from them. */
  note(answer: DnsAnswer): void
  isTargetNameServer(host: string): boolean
}

export function openLanes(engine: DnsEngine, options: LanesOptions, own: () => ReadonlySet<string>): Lanes {
  const { scope, ceiling, dialMap } = options
  const resolvers = (dialMap?.resolvers ?? options.resolvers ?? publicResolvers).map(parseResolver)
  const lanes = new Map<Lane['about'], Lane>()
  const nameServers = new Set<string>()

  /** A resolver the installation named may stand anywhere but in the target. */
  function checkResolver(address: string): void {
    if (dialMap !== undefined) return
    if (scope.excludesHost(address)) throw refused('excluded', `The resolver ${address} is excluded from this run.`)
    if (scope.coversHost(address) && ceiling !== 'target')
      throw refused('contact-ceiling', `The resolver ${address} is itself in scope; this run may not contact it.`)
  }

  return {
    of(contact) {
      if (options.proxy !== undefined)
        throw unresolvable('This run goes through a proxy, which carries no DNS: names are left to the proxy.')
      const about = isWithinContact('relayed', contact) ? 'target' : 'provider'
      const known = lanes.get(about)
      if (known !== undefined && !known.lane.isLost) return known
      // A world of its own has none of the names whose addresses are known; that nothing is made up holds there too.
      const lab = dialMap && { dial: dialMap.udp, probes: { known: [] } }
      const lane: Lane = {
        about,
        lane: engine.lane({ ...lab, resolvers, allow: checkResolver }),
        places: openPlaces(pairsPerFrame),
      }
      lanes.set(about, lane)
      return lane
    },
    wantsIpv6: () => dialMap !== undefined || hasIpv6(own()),
    note({ name, type, records }) {
      if (type !== 'NS' && type !== 'SOA') return
      if (!scope.isSeedZone(canonicalName(name))) return
      for (const { type, data } of records)
        if (type === 'NS') nameServers.add(canonicalName(data))
        else if (type === 'SOA') nameServers.add(canonicalName(data.split(' ', 1)[0]!))
    },
    isTargetNameServer: (host) => nameServers.has(host),
    async [Symbol.asyncDispose]() {
      await Promise.all([...lanes.values()].map(({ lane }) => lane[Symbol.asyncDispose]()))
      lanes.clear()
    },
  }
}

/** `address`, or `address:port` with IPv6 in brackets. */
function parseResolver(text: string): Resolver {
  const parts = /^\[?([^\]]+?)\]?(?::(\d{1,5}))?$/.exec(canonicalAddress(text) === undefined ? text : `[${text}]`)
  const address = canonicalAddress(parts?.[1] ?? '')
  if (address === undefined) throw unresolvable(`“${text}” is not a resolver; write an address, or address:port.`)
  return parts?.[2] === undefined ? { address } : { address, port: Number(parts[2]) }
}

function unresolvable(detail: string): NetworkError {
  return new NetworkError({ outcome: 'failed', reason: 'proxy', detail })
}

/** True when this machine has an IPv6 address of the Internet; without one AAAA answers are of no use to it. */
function hasIpv6(own: ReadonlySet<string>): boolean {
  for (const address of own) if (address.includes(':') && specialRange(address) === undefined) return true
  return false
}
