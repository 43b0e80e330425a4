import { json, type Provider } from './provider.ts'
import { domainRegistries, numberRegistries } from './registries.ts'

type Service = [keys: readonly string[], urls: readonly string[]]

const tables: Record<string, { what: string; services: readonly Service[] }> = {
  dns: {
    what: 'Domain Name System registrations',
    services: domainRegistries.map(({ suffixes, rdap }) => [suffixes, [rdap]]),
  },
  ipv4: { what: 'Internet Protocol version 4 (IPv4) address allocations', services: servicesOf('ipv4') },
  ipv6: { what: 'Internet Protocol version 6 (IPv6) address allocations', services: servicesOf('ipv6') },
  asn: { what: 'Autonomous System Number allocations', services: servicesOf('asn') },
}

/** IANA's tables of who answers for what, `GET /rdap/{dns,ipv4,ipv6,asn}.json` (RFC 9224). */
export const rdapBootstrap: Provider = {
  id: 'rdap-bootstrap',
  hosts: ['data.iana.org'],
  handle({ url }) {
    const table = tables[/^\/rdap\/(\w+)\.json$/.exec(url.pathname)?.[1] ?? '']
    if (!table) return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404 Not Found</h1>' }
    return json({
      description: `RDAP bootstrap file for ${table.what}`,
      publication: '2025-03-01T00:00:00Z',
      services: table.services,
      version: '1.0',
    })
  },
}

function servicesOf(kind: 'ipv4' | 'ipv6' | 'asn'): Service[] {
  return numberRegistries
    .filter((registry) => registry[kind].length > 0)
    .map((registry) => [registry[kind], [registry.rdap]])
}
