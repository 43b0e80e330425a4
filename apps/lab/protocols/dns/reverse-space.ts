import { addressOfReverseName, reverseName, reverseZone } from '@mirage/model/address.ts'
import { parentOf } from '../../world/parent.ts'
import type { World } from '../../world/world.ts'
import type { Zone } from '../../world/zones.ts'

/** The names under `in-addr.arpa` and `ip6.arpa`. */
export interface ReverseSpace {
  zoneOf(name: string): Zone
  /** What a name points to; `exists` also for one that stands above others (RFC 8020). */
  ask(name: string): { exists: boolean; host: string | undefined }
}

/** The demo company serves the zones of its own blocks, a branch office that of its subnet; one server all the others. */
const own4 = /\.((?:8|9|10|11)\.18\.198\.in-addr\.arpa)$|\.(\d+\.19\.198\.in-addr\.arpa)$/
const own6 = '8.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'
const branch6 = `0.0.1.a.${own6}`

/** Below these any name answers the same: addresses that nobody was given. */
const wildcards = new Map([
  ['11.18.198.in-addr.arpa', 'unassigned.northwind.example'],
  [`d.${own6}`, 'dynamic.northwind.example'],
])

export function makeReverseSpace(world: World): ReverseSpace {
  const others = zone('in-addr.arpa', 'tld')
  const zones6 = [zone(branch6, 'corpns'), zone(own6, 'ns1')]
  const existing6 = new Set<string>()
  const pointers = [...world.machines.values()].filter(({ reverse }) => reverse !== undefined)
  const addresses = pointers.flatMap(({ addresses }) => addresses).filter((address) => address.includes(':'))
  for (const name of [...addresses.map(reverseName), ...wildcards.keys(), ...zones6.map(({ name }) => name)])
    for (let at = name; at !== '' && !existing6.has(at); at = parentOf(at)) existing6.add(at)

  return {
    zoneOf(name) {
      const own = own4.exec(`.${name}`)
      if (own) return zone((own[1] ?? own[2])!, 'ns1')
      return zones6.find(({ name: zone }) => name === zone || name.endsWith(`.${zone}`)) ?? others
    },
    ask(name) {
      const address = addressOfReverseName(name)
      const host = address === undefined ? undefined : world.reverseOf(address)
      if (host !== undefined) return { exists: true, host }
      for (const [parent, everything] of wildcards)
        if (name.endsWith(`.${parent}`)) return { exists: true, host: everything }
      // Of IPv4 all zones between are there; the tree of IPv6 is as deep as there are names in it.
      const isBetween = address === undefined && name.endsWith('in-addr.arpa') && reverseZone(name) !== undefined
      return { exists: isBetween || existing6.has(name) || name === 'in-addr.arpa', host: undefined }
    },
  }
}

function zone(name: string, server: string): Zone {
  return { name, servers: [server], transfer: false, role: server === 'tld' ? 'infrastructure' : 'target' }
}
