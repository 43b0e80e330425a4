import { isApex } from '@mirage/model/domain-name.ts'
import { sharedInfrastructure } from '@mirage/model/shared-infrastructure.ts'
import type { World } from '../world/world.ts'
import { recordsOf } from './dns.ts'
import { type Oracle, saw, type Thing } from './fact.ts'

const isApexDomain = ({ type, value }: Thing): boolean => type === 'domain' && isApex(value)

/** What names tell beside their records: who serves them, and who imitates them. */
export const nameOracles: readonly Oracle[] = [
  {
    id: 'look-alikes',
    contact: 'relayed',
    onlyInScope: true,
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const name of world.zones.keys())
        if (looksLike(apex.value, name)) yield saw(apex, 'looks_like', 'domain', name)
    },
  },
  {
    id: 'providers',
    contact: 'relayed',
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const host of serversOf(apex.value, world)) {
        const provider = sharedInfrastructure(host)
        if (provider) yield saw(apex, 'provider', 'organization', `provider:${provider.id}|${provider.title}`)
      }
    },
  },
]

/** Of the world's zones: the same name but for one character, under the same suffix. */
function looksLike(a: string, b: string): boolean {
  const differing = b.split('').filter((character, at) => character !== a[at]).length
  return a !== b && a.length === b.length && differing === 1 && a.split('.').length === b.split('.').length
}

/** Names and addresses that serve a domain: its DNS, its mail and who else sends it, its web site. */
function* serversOf(domain: string, world: World): Generator<string> {
  for (const { type, data } of recordsOf(world, domain)) {
    if (type === 'NS') yield data
    if (type === 'MX') yield data.slice(data.indexOf(' ') + 1)
    if (type === 'TXT' && data.startsWith('v=spf1'))
      for (const [, name] of data.matchAll(/(?:include:|redirect=)(\S+)/g)) yield name!
  }
  for (const name of [domain, `www.${domain}`]) {
    for (const { type, data } of recordsOf(world, name)) if (type === 'CNAME') yield data
    yield* world.addressesOf(name)
  }
}
