import { type SharedKind, sharedInfrastructure } from '@mirage/model/shared-infrastructure.ts'
import type { RecordSighting } from '@mirage/module-sdk/dns.ts'

/** What infrastructure of a provider's kind makes of the names that lead to it. */
const tagOfKind: Partial<Record<SharedKind, string>> = {
  cdn: 'cdn',
  waf: 'waf',
  cloud: 'cloud',
  hosting: 'cloud',
  parking: 'parked',
}

/**
 * The tag of a record that leads to what a provider shares among its customers, by the list of the model
 * (`packages/model/data/providers.json`). A name server of a parking service parks the name; other name and mail servers
 * say nothing of it.
 */
export function tagOf({ type, value, via }: RecordSighting): string | undefined {
  if (type === 'dns-record') return undefined
  const kind = sharedInfrastructure(value)?.kind
  const tag = kind && tagOfKind[kind]
  return via === 'dns_record' || (via === 'name_server' && tag === 'parked') ? tag : undefined
}
