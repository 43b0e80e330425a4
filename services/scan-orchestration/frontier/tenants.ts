import { mostTenants, tenantOf } from '@mirage/model/shared-infrastructure.ts'
import type { Observation } from '@mirage/model/observation.ts'

/** Stands for more tenants than anybody counts. No name has it. */
const many = '*'

/** True when so many owners are on the address that it is nobody's own. */
export function isShared(tenants: string | null): boolean {
  return tenants === many
}

/** What is known of who is on an address; nothing of anything else. */
export interface Tenancy {
  tenants: string | null
  /** The lanes (bits of `ActiveLane.lists`) that list its names and have not answered yet. */
  unheard: number
}

/** True when an address is nobody's own, or may be: somebody who lists its names has not answered yet. */
export function countsAsShared({ tenants, unheard }: Tenancy): boolean {
  return unheard !== 0 || isShared(tenants)
}

/** The distance from which work on it and ways from it count: a step more than how far it is, where it counts as shared. */
export function countedDistance(place: Tenancy & { distance: number }): number {
  return place.distance + Number(countsAsShared(place))
}

/** Who is on an address, in one text that does not depend on the order in which they came. */
export function withTenants(known: string | null, names: Iterable<string>): string | null {
  if (known === many) return many
  const tenants = new Set(known?.split(' '))
  for (const name of names) {
    const tenant = tenantOf(name)
    if (tenant !== undefined) tenants.add(tenant)
  }
  if (tenants.size > mostTenants) return many
  return tenants.size === 0 ? null : [...tenants].sort().join(' ')
}

/** The name and the id of the address, where the observation says that the one resolves to the other. */
export function tenancyOf({ entity, source, edge }: Observation): { name: string; address: string } | undefined {
  if (!source || !edge) return undefined
  const isAddressRecord = edge.kind === 'dns_record' && (edge.qualifier === 'A' || edge.qualifier === 'AAAA')
  if (!isAddressRecord && edge.kind !== 'co_hosted_with') return undefined
  if (entity.type === 'ip-address' && source.type === 'domain') return { name: source.value, address: entity.id }
  if (source.type === 'ip-address' && entity.type === 'domain') return { name: entity.value, address: source.id }
  return undefined
}
