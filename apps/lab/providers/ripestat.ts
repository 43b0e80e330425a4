import { boundsOf } from '@mirage/model/netblock.ts'
import { formatAddress } from '@mirage/model/address.ts'
import { normalise } from '@mirage/model/registry.ts'
import { placeOfNetwork } from '../world/place.ts'
import type { World } from '../world/world.ts'
import { json, type Provider, type ProviderReply } from './provider.ts'

/** Routing data is two weeks of it, up to the last dump. */
const period = { query_starttime: '2025-03-01T00:00:00', query_endtime: '2025-03-15T00:00:00' }

type Answer = { version: string; data: object } | { error: string }
const calls: Record<string, (resource: string, world: World) => Answer> = {
  'network-info': networkInfo,
  'announced-prefixes': announcedPrefixes,
  'as-overview': asOverview,
  'maxmind-geo-lite': places,
}

/**
 * RIPEstat Data API: `GET /data/CALL/data.json?resource=R`, each answer in the same envelope.
 * https://stat.ripe.net/docs/data-api/api-endpoints/ (network-info, announced-prefixes, as-overview,
 * maxmind-geo-lite)
 */
export const ripestat: Provider = {
  id: 'ripestat',
  hosts: ['stat.ripe.net'],
  handle({ url }, world) {
    const [, name = ''] = /^\/data\/([a-z-]+)\/data\.json$/.exec(url.pathname) ?? []
    const call = calls[name]
    if (!call) return envelope(name, { error: `Data call "${name}" does not exist.` }, 404)
    const resource = url.searchParams.get('resource')
    const answer = resource ? call(resource, world) : { error: 'Parameter "resource" is mandatory.' }
    return envelope(name, answer, 'error' in answer ? 400 : 200)
  },
}

function networkInfo(resource: string, world: World): Answer {
  const address = normalise('ip-address', resource)
  if (address === undefined) return { error: `"${resource}" is no IP address.` }
  const network = world.networkOf(address)
  return {
    version: '1.1',
    data: network ? { asns: [String(network.asn)], prefix: network.prefix } : { asns: [], prefix: '' },
  }
}

function announcedPrefixes(resource: string, world: World): Answer {
  const asn = numberOf(resource)
  if (asn === undefined) return { error: `"${resource}" is no AS number.` }
  const timelines = [{ starttime: period.query_starttime, endtime: period.query_endtime }]
  return {
    version: '1.2',
    data: {
      prefixes: world.networks.filter((network) => network.asn === asn).map(({ prefix }) => ({ prefix, timelines })),
      ...period,
      resource: String(asn),
      latest_time: period.query_endtime,
      earliest_time: '2000-08-01T00:00:00',
    },
  }
}

function asOverview(resource: string, world: World): Answer {
  const asn = numberOf(resource)
  if (asn === undefined) return { error: `"${resource}" is no AS number.` }
  const system = world.systems.find((known) => known.asn === asn)
  return {
    version: '1.1',
    data: {
      type: 'as',
      resource: String(asn),
      block: {
        resource: asn < 65_536 ? '64496-64511' : '65536-65551',
        desc: 'Reserved for use in documentation and sample code',
        name:
          asn < 65_536 ? 'IANA 16-bit Autonomous System (AS) Numbers' : 'IANA 32-bit Autonomous System (AS) Numbers',
      },
      holder: system ? `${system.name} - ${system.holder.organization}` : null,
      announced: system !== undefined,
      ...period,
    },
  }
}

/** A block is where the network of its first address is. */
function places(resource: string, world: World): Answer {
  const block = normalise('netblock', resource)
  if (block === undefined) return { error: `"${resource}" is no prefix.` }
  const network = world.networkOf(formatAddress(boundsOf(block).first))
  const place = network && placeOfNetwork(network)
  const unknown = place ? 0 : 100
  const located = place && {
    resource: block,
    locations: [{ ...place, resources: [block], covered_percentage: 100 }],
    unknown_percentage: unknown,
  }
  return {
    version: '1.0',
    data: {
      located_resources: located ? [located] : [],
      unknown_percentage: block.includes(':') ? { v6: unknown } : { v4: unknown },
      result_time: period.query_endtime,
      latest_time: period.query_endtime,
      earliest_time: period.query_endtime,
      parameters: { resource: block, resolution: 'raw', cache: null },
    },
  }
}

function numberOf(resource: string): number | undefined {
  const [, digits] = /^(?:AS)?(\d{1,10})$/i.exec(resource) ?? []
  return digits === undefined ? undefined : Number(digits)
}

function envelope(name: string, answer: Answer, status: number): ProviderReply {
  const failed = 'error' in answer
  return json(
    {
      messages: failed ? [['error', answer.error]] : [],
      see_also: [],
      version: failed ? '0' : answer.version,
      data_call_name: name,
      data_call_status: 'supported',
      cached: false,
      data: failed ? {} : answer.data,
      query_id: '20250315120000-4f1d1a3e-0000-4000-8000-000000000000',
      process_time: 3,
      server_id: 'app120',
      build_version: 'live.2025.3.11.5',
      status: failed ? 'error' : 'ok',
      status_code: status,
      time: '2025-03-15T12:00:00.000000',
    },
    status,
  )
}
