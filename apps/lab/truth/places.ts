import { formatAddress } from '@mirage/model/address.ts'
import { boundsOf } from '@mirage/model/netblock.ts'
import { namesAt } from '../world/passive.ts'
import { placeOfNetwork } from '../world/place.ts'
import { isPublic } from './address.ts'
import { type Oracle, saw } from './fact.ts'

/** Where blocks are, and what else stands at an address. */
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
    id: 'hackertarget-reverse',
    contact: 'stored',
    consumes: ({ type, value }) => type === 'ip-address' && isPublic(value),
    *facts(address, world) {
      for (const name of namesAt(world, address.value)) yield saw(address, 'co_hosted_with', 'domain', name)
    },
  },
]
