import { isApex } from '@mirage/model/domain-name.ts'
import { tlsPorts } from '../world/labels.ts'
import { isHostSearched, hostSearch, knownMailboxes, scannedPages } from '../world/passive.ts'
import type { Certificate } from '../world/certificate.ts'
import { issuancesOf } from '../world/transparency.ts'
import { serviceAt, slotOf } from '../world/web.ts'
import type { World } from '../world/world.ts'
import { bare, type Fact, isName, type Oracle, saw, type Thing, thing } from './fact.ts'
import { addressOf } from './address.ts'

const isApexDomain = ({ type, value }: Thing): boolean => type === 'domain' && isApex(value)
export { isHostSearched }

/** Collectors that list names of a domain. Names of the fleet are left to `truth/fleet.ts`. */
export const collectorOracles: readonly Oracle[] = [
  {
    id: 'crtsh',
    contact: 'stored',
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const issuance of issuancesOf(handMade(world), apex.value, 'crtsh')) {
        yield* namesBelow(apex, issuance.names)
        if (issuance.email?.endsWith(`@${apex.value}`)) yield saw(apex, 'mentions', 'email', issuance.email)
      }
    },
  },
  {
    id: 'certspotter',
    contact: 'stored',
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const issuance of issuancesOf(handMade(world), apex.value, 'certspotter')) {
        const { fingerprint } = issuance.certificate()
        yield saw(apex, 'certificate', 'certificate', fingerprint)
        for (const name of issuance.names)
          yield saw(thing('certificate', fingerprint), 'san_dns_name', 'domain', bare(name))
        yield* namesBelow(apex, issuance.names)
      }
    },
  },
  {
    id: 'hackertarget',
    contact: 'stored',
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const { name, address } of hostSearch(handMade(world), apex.value)) {
        yield* namesBelow(apex, [name])
        yield saw(thing('domain', name), 'dns_record', 'ip-address', address, 'A')
      }
    },
  },
  {
    id: 'urlscan',
    contact: 'stored',
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const { domain, url, address } of scannedPages(world, apex.value)) {
        yield* namesBelow(apex, [domain])
        yield saw(thing('domain', domain), 'website', 'url', url)
        yield saw(thing('domain', domain), 'dns_record', 'ip-address', address, address.includes(':') ? 'AAAA' : 'A')
      }
    },
  },
  {
    id: 'hunter',
    contact: 'stored',
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const { email } of knownMailboxes(world, apex.value)) yield saw(apex, 'mentions', 'email', email)
    },
  },
  {
    id: 'tls-certificate',
    contact: 'target',
    consumes: ({ type }) => type === 'domain' || type === 'open-port',
    *facts(asked, world) {
      const certificate = asked.type === 'domain' ? presentedTo(world, asked.value) : presentedAt(world, asked.value)
      if (!certificate) return
      yield saw(asked, 'certificate', 'certificate', certificate.fingerprint)
      yield* certificateFacts(world, certificate)
    },
  },
]

/** What a certificate says of itself when a server presents it with its chain. */
export function* certificateFacts(world: World, certificate: Certificate): Generator<Fact> {
  const leaf = thing('certificate', certificate.fingerprint)
  const { commonName, names, issuer } = certificate
  if (commonName !== undefined && isName(bare(commonName))) yield saw(leaf, 'common_name', 'domain', bare(commonName))
  for (const name of names) yield saw(leaf, 'san_dns_name', 'domain', bare(name))
  if (issuer !== 'self')
    yield saw(leaf, 'issuing_certificate', 'certificate', world.certificates.intermediate.fingerprint)
}

/** The certificate that a name's first address presents for it on port 443. */
function presentedTo(world: World, name: string): Certificate | undefined {
  const [address] = world.addressesOf(name)
  return address === undefined ? undefined : presented(world, address, 443, name)
}

/** The certificate that an open port presents to who names nothing. */
function presentedAt(world: World, value: string): Certificate | undefined {
  const { address, port } = addressOf(value)
  return tlsPorts.includes(port) ? presented(world, address, port, undefined) : undefined
}

function presented(
  world: World,
  address: string,
  port: number,
  serverName: string | undefined,
): Certificate | undefined {
  const service = serviceAt(world, address, port)
  if (typeof service !== 'object' || !['https', 'imaps', 'pop3s'].includes(service.protocol)) return undefined
  const slot = slotOf(world, address)
  return slot >= 0
    ? world.certificates.presentedByFleet(slot, serverName)
    : world.certificates.presentedBy(world.machineAt(address)!.id, serverName)
}

function* namesBelow(apex: Thing, names: readonly string[]): Generator<Fact> {
  for (const name of names.map(bare)) if (name.endsWith(`.${apex.value}`)) yield saw(apex, 'subdomain', 'domain', name)
}

/** The same world without its fleet. */
function handMade(world: World): World {
  return { ...world, fleet: { ...world.fleet, names: 0, certificates: 0 } }
}
