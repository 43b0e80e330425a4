import { formatAddress } from '@mirage/model/address.ts'
import { isApex } from '@mirage/model/domain-name.ts'
import { boundsOf } from '@mirage/model/netblock.ts'
import { capturesOf } from '../world/archive.ts'
import { namesAt } from '../world/passive.ts'
import { placeOfNetwork } from '../world/place.ts'
import { isPublic } from './address.ts'
import { type Oracle, saw, thing } from './fact.ts'

/** Where blocks are, what else stands at an address, and what stood at a name. */
export const placeOracles: readonly Oracle[] = [
  {
    id: 'ripestat-geo',
    contact: 'stored',
    consumes: ({ type }) => type === 'netblock',
    *facts(block, world) {
      const network = world.networkOf(formatAddress(boundsOf(block.value).first))
      const place = network && placeOfNetwork(network)
      if (place) yield saw(block, 'location', 'geo-point', `${place.latitude},${place.longitude}`)
    },
  },
  {
    id: 'wayback',
    contact: 'stored',
    consumes: ({ type, value }) => type === 'domain' && isApex(value),
    *facts(apex) {
      for (const { url } of capturesOf(apex.value)) {
        const host = thing('domain', new URL(url).hostname)
        if (host.value !== apex.value) yield saw(apex, 'subdomain', 'domain', host.value)
        yield saw(host, 'website', 'url', url)
      }
    },
  },
  {
    id: 'hackertarget-reverse',
    contact: 'stored',
    consumes: ({ type, value }) => type === 'ip-address' && isPublic(value),
    *facts(address, world) {
      for (const name of namesAt(world, address.value)) yield saw(address, 'co_hosted_with', 'domain', name)
    },
  },
]
