import { type Certificate, intermediatePlan, issuerName, serialNumber } from './certificate.ts'
import type { World } from './world.ts'

/** The two searches over certificate logs; each misses a few certificates that the other has. */
export type LogSearch = 'crtsh' | 'certspotter'

/** One certificate as a log search lists it; `certificate()` builds it, which costs a third of a millisecond for the fleet's. */
export interface Issuance {
  /** Grows with time, as both searches number their rows. */
  id: number
  commonName: string | undefined
  names: readonly string[]
  email?: string
  notBefore: string
  notAfter: string
  /** The distinguished name of who signed it. */
  issuer: string
  /** Hexadecimal. */
  serial(): string
  certificate(): Certificate
}

const firstPlaced = 4_000_000_000
const firstOfFleet = 5_000_000_000
const idStep = 17
const issuerOfFleet = issuerName({ ...intermediatePlan, issuer: 'intermediate' })

/** Every logged certificate that names this domain or a name below it, by growing id, from the one after `after`. */
export function* issuancesOf(world: World, domain: string, search: LogSearch, after = 0): Generator<Issuance> {
  const below = `.${domain}`
  for (const [index, certificate] of world.certificates.logged.entries()) {
    const id = firstPlaced + index * idStep
    const isNamed = certificate.names.some((name) => name === domain || name.endsWith(below))
    if (id > after && isNamed && isListed(search, index))
      yield {
        id,
        commonName: certificate.commonName,
        names: certificate.names,
        ...(certificate.email === undefined ? {} : { email: certificate.email }),
        notBefore: certificate.notBefore,
        notAfter: certificate.notAfter,
        issuer: issuerName(certificate),
        serial: () => certificate.serial,
        certificate: () => certificate,
      }
  }
  if (domain !== 'northwind.example') return
  const { fleet } = world
  const next = Math.max(0, Math.floor((after - firstOfFleet) / idStep) + 1)
  for (let number = next; number < fleet.certificates; number++) {
    if (!isListed(search, number)) continue
    const names = fleet.namesOfCertificate(number).map((index) => fleet.nameOf(index))
    const day = String((number % 28) + 1).padStart(2, '0')
    yield {
      id: firstOfFleet + number * idStep,
      commonName: names[0],
      names,
      notBefore: `2025-02-${day}T00:00:00Z`,
      notAfter: `2045-02-${day}T00:00:00Z`,
      issuer: issuerOfFleet,
      serial: () => serialNumber(`fleet/${number}`, world.seed).toString('hex'),
      certificate: () => world.certificates.ofFleet(number),
    }
  }
}

/** True when a search lists the certificate of this number; hand-made ones and the fleet's are numbered apart. */
export function isListed(search: LogSearch, number: number): boolean {
  return number % 20 !== (search === 'crtsh' ? 19 : 18)
}
