import { addressOfReverseName } from '@mirage/model/address.ts'
import type { DnsRecord } from '@mirage/model/exchange.ts'
import type { World } from '../world/world.ts'
import type { DnsProvider } from './provider.ts'

const allocated = '2015-06-01'

/**
 * Team Cymru's IP to ASN mapping over DNS: TXT records at the reversed address below `origin` (IPv4) and `origin6`,
 * `AS | prefix | country | registry | date`; the AS numbers next to the origin below `peer`; the name of an AS at
 * `ASnumber.asn.cymru.com`. https://www.team-cymru.com/ip-asn-mapping
 */
export const teamCymru: DnsProvider = {
  id: 'team-cymru',
  zones: ['asn.cymru.com', 'origin.asn.cymru.com', 'origin6.asn.cymru.com', 'peer.asn.cymru.com'],
  records(name, world) {
    const [, reversed = '', zone = ''] = /^([\da-f.]+)\.(origin6?|peer)\.asn\.cymru\.com$/.exec(name) ?? []
    const found = reversed === '' ? systemText(name, world) : networkText(reversed, zone, world)
    return found && found.map((data): DnsRecord => ({ name, type: 'TXT', ttl: 300, data }))
  },
}

/** The texts of an address; none for a name on the way to one, which exists all the same. */
function networkText(reversed: string, zone: string, world: World): string[] | undefined {
  const isWhole = reversed.split('.').length === (zone === 'origin6' ? 32 : 4)
  if (!isWhole) return []
  const address = addressOfReverseName(`${reversed}.${zone === 'origin6' ? 'ip6' : 'in-addr'}.arpa`)
  const network = address === undefined ? undefined : world.networkOf(address)
  if (!network) return undefined
  const origins = zone === 'peer' ? '64496 65536' : String(network.asn)
  return [`${origins} | ${network.prefix} | ${network.holder.country} | ripencc | ${allocated}`]
}

function systemText(name: string, world: World): string[] | undefined {
  const [, number] = /^as(\d+)\.asn\.cymru\.com$/.exec(name) ?? []
  const system = world.systems.find(({ asn }) => String(asn) === number)
  if (!system) return undefined
  const { country, organization } = system.holder
  return [`${number} | ${country} | ripencc | ${allocated} | ${system.name} ${organization}, ${country}`]
}
