import { apexOf } from './domain-name.ts'
import { entityId } from './entity.ts'
import { isOnPlatform } from './registry.ts'
import { type Located, type Place, atHost, placeOf } from './place.ts'
import { prefixMap } from './prefix-map.ts'
import { urlPrefixes } from './scope-rules.ts'

/** What the seeds of a run cover, found without looking at every seed. */
export interface SeedCover {
  /** The id of the seed that covers the entity, the nearest one where several do. */
  of(entity: Located): string | undefined
  /** The id of the seed that covers a host: a canonical name or address. */
  ofHost(host: string): string | undefined
  /** True when a seed is this address, or a block or registered range that holds it. */
  namesAddress(address: string): boolean
  /** True for a name under the registrable domain of a seed, and for one in a reverse zone that concerns a seed's addresses. */
  isSeedZone(name: string): boolean
}

/**
 * A domain seed covers itself and every name below it, with the URLs, e-mail addresses, records and registrations there;
 * an address or netblock seed its addresses, blocks inside it, ports, services and URLs there; a URL seed that URL and
 * what lies below its path, not the host; an AS seed itself (the prefixes it announces follow by `step`). Every seed
 * covers itself.
 */
export function seedCover(seeds: readonly Located[]): SeedCover {
  const ids = new Map<string, string>()
  const names = new Map<string, string>()
  const apexes = new Set<string>()
  const blocks = prefixMap<string>()
  const networks = new Map<string, string>()
  const urls = urlPrefixes<string>()

  for (const seed of seeds) {
    const id = entityId(seed.type, seed.value)
    const place = placeOf(seed)
    ids.set(`${seed.type}:${seed.value}`, id)
    if (seed.type === 'url') urls.add(seed.value, id)
    if (place?.at === 'name' && (seed.type === 'domain' || (seed.type === 'url' && !isOnPlatform(seed.value)))) {
      apexes.add(apexOf(place.name) ?? place.name)
    }
    if (seed.type === 'domain' && place?.at === 'name') names.set(place.name, id)
    if (seed.type === 'ip-address' && place?.at === 'address')
      blocks.set({ bytes: place.bytes, prefix: place.bytes.length * 8 }, id)
    if (place?.at === 'block' && place.prefix !== undefined)
      blocks.set({ bytes: place.first, prefix: place.prefix }, id)
    if (seed.type === 'asn') networks.set(seed.value, id)
  }

  function of(entity: Located): string | undefined {
    const place = placeOf(entity)
    return (
      ids.get(`${entity.type}:${entity.value}`) ??
      (place && ofPlace(place)) ??
      (entity.type === 'url' ? urls.find(entity.value) : undefined)
    )
  }

  function ofHost(host: string): string | undefined {
    const place = atHost(host)
    return place && ofPlace(place)
  }

  function ofPlace(place: Place): string | undefined {
    switch (place.at) {
      case 'name':
        return ofName(place.name)
      case 'address':
        return blocks.find(place.bytes)
      case 'block': {
        if (place.prefix !== undefined) return blocks.find(place.first, place.prefix)
        const seed = blocks.find(place.first)
        return seed !== undefined && seed === blocks.find(place.last) ? seed : undefined
      }
      case 'network':
        return networks.get(place.asn)
    }
  }

  function ofName(name: string): string | undefined {
    for (let start = 0; ;) {
      const seed = names.get(start === 0 ? name : name.slice(start))
      const dot = name.indexOf('.', start)
      if (seed !== undefined || dot < 0) return seed
      start = dot + 1
    }
  }

  function isSeedZone(name: string): boolean {
    const place = atHost(name)
    if (place?.at === 'address') return blocks.find(place.bytes) !== undefined
    if (place?.at === 'block') return blocks.overlaps({ bytes: place.first, prefix: place.prefix ?? 0 })
    return names.has(name) || apexes.has(apexOf(name) ?? name)
  }

  return {
    of,
    ofHost,
    namesAddress: (address) => {
      const place = atHost(address)
      return place?.at === 'address' && blocks.find(place.bytes) !== undefined
    },
    isSeedZone,
  }
}
