import { buildCertificate, type Certificate, type CertificatePlan, intermediatePlan, rootPlan } from './certificate.ts'
import { type Fleet, namesPerCertificate } from './fleet.ts'
import type { Machine } from './machine.ts'

/** A certificate's place in the world: which machine presents it, and whether certificate logs hold it. */
interface Placed {
  machine?: string
  commonName?: string
  names: string[]
  kind?: 'expired' | 'self-signed'
  email?: string
  unlogged?: boolean
}

const nw = (...labels: string[]): string[] =>
  labels.map((label) => (label === '@' ? 'northwind.example' : `${label}.northwind.example`))

/** The first certificate of a machine is what it presents to a client that names nothing it knows. */
const placed: readonly Placed[] = [
  {
    machine: 'web1',
    commonName: 'northwind.example',
    names: [
      ...nw('@', 'www', 'careers', 'investors', 'partners', 'xn--bcher-kva', 'mta-sts', 'brand'),
      'northwind-shop.example',
      'northwind-logistics.test',
    ],
  },
  { machine: 'web2', commonName: 'portal.northwind.example', names: nw('portal', 'support', 'docs', 'wiki') },
  {
    machine: 'app1',
    commonName: 'app.northwind.example',
    names: nw('app', 'api', 'login', '*.preview', '*.eu.preview'),
  },
  { machine: 'dev1', commonName: 'dev.northwind.example', names: nw('dev', 'staging', 'test', 'ci', 'main.preview') },
  { machine: 'git1', commonName: 'git.northwind.example', names: nw('git') },
  { machine: 'vpn1', commonName: 'vpn.northwind.example', names: nw('vpn', 'remote'), kind: 'expired' },
  { machine: 'mon1', commonName: 'monitor.northwind.example', names: nw('monitor', 'grafana', 'kibana') },
  { machine: 'mail1', commonName: 'mail.northwind.example', names: nw('mail', 'webmail', 'imap', 'smtp') },
  {
    machine: 'corpweb',
    commonName: 'intranet.corp.northwind.example',
    names: nw('intranet.corp'),
    kind: 'self-signed',
    unlogged: true,
  },
  // Its only name is none of DNS, and there are no alternative names.
  { machine: 'voip1', commonName: 'SIP gateway 00:53:ac', names: [], kind: 'self-signed', unlogged: true },
  // Nothing in it says whose it is.
  { machine: 'office', names: [], kind: 'self-signed', unlogged: true },
  // Presented for batch.northwind.example, too, which it does not name.
  { machine: 'ec2', commonName: 'api.northwind-labs.example', names: ['api.northwind-labs.example'] },
  {
    machine: 'ec2labs',
    commonName: 'northwind-labs.example',
    names: ['northwind-labs.example', 'www.northwind-labs.example', '*.northwind-labs.example'],
  },
  { machine: 'ec2labsWild', commonName: '*.northwind-labs.example', names: ['*.northwind-labs.example'] },
  {
    machine: 'logisticsWeb',
    commonName: 'www.northwind-logistics.test',
    names: ['northwind-logistics.test', 'www.northwind-logistics.test', 'track.northwind-logistics.test'],
  },
  { machine: 'shared1', commonName: 'srv1.hosting-harbour.example', names: ['srv1.hosting-harbour.example'] },
  { machine: 'shared1', commonName: 'events.northwind.example', names: nw('events') },
  {
    machine: 'shared1',
    commonName: 'northwind-shop.example',
    names: ['northwind-shop.example', 'www.northwind-shop.example'],
  },
  { machine: 'shopify', commonName: 'myshopify.com', names: ['myshopify.com', '*.myshopify.com'], unlogged: true },
  { machine: 'shopify', commonName: 'shop.northwind.example', names: nw('shop') },
  { machine: 'github', commonName: '*.github.io', names: ['*.github.io', 'github.io'], unlogged: true },
  { machine: 'github', commonName: 'blog.northwind.example', names: nw('blog') },
  { machine: 'statuspage', commonName: '*.statuspage.io', names: ['*.statuspage.io'], unlogged: true },
  { machine: 'statuspage', commonName: 'status.northwind.example', names: nw('status') },
  {
    machine: 'cloudfront',
    commonName: '*.cloudfront.net',
    names: ['cloudfront.net', '*.cloudfront.net'],
    unlogged: true,
  },
  { machine: 'cloudfront', commonName: 'static.northwind.example', names: nw('static') },
  { machine: 'edge', commonName: '*.edge.cdn-edge.example', names: ['*.edge.cdn-edge.example'], unlogged: true },
  { machine: 'edge', commonName: 'assets.northwind.example', names: nw('assets') },
  {
    machine: 'bucket',
    commonName: '*.s3.amazonaws.com',
    names: ['s3.amazonaws.com', '*.s3.amazonaws.com'],
    unlogged: true,
  },
  {
    machine: 'parking',
    commonName: '*.sedoparking.com',
    names: ['sedoparking.com', '*.sedoparking.com'],
    unlogged: true,
  },
  {
    machine: 'outlookWeb',
    commonName: 'outlook.com',
    names: ['outlook.com', '*.outlook.com', '*.azurewebsites.net'],
    unlogged: true,
  },
  { machine: 'bank', commonName: 'www.fjordbank.example', names: ['fjordbank.example', 'www.fjordbank.example'] },
  { machine: 'lookalike', commonName: 'n0rthwind.example', names: ['n0rthwind.example', 'www.n0rthwind.example'] },
  { machine: 'liarPage', commonName: 'search-help.fjord-access.example', names: ['search-help.fjord-access.example'] },
  { machine: 'hostile', commonName: 'hostile.test', names: ['hostile.test', '*.hostile.test'] },
  // Issued once; the names are gone from DNS.
  { commonName: 'campaign2019.northwind.example', names: nw('campaign2019', 'www.campaign2019') },
  {
    commonName: 'vpn-old.northwind.example',
    names: nw('vpn-old'),
    kind: 'expired',
    email: 'it-desk@northwind.example',
  },
]

/** The certificates of the world: hand-made ones are kept, those of the fleet are built when they are asked for. */
export interface Certificates {
  readonly root: Certificate
  readonly intermediate: Certificate
  /** Every hand-made certificate that certificate logs hold, oldest first. */
  readonly logged: readonly Certificate[]
  /** What a machine presents for a server name. Undefined for a machine without certificates. */
  presentedBy(machine: string, serverName: string | undefined): Certificate | undefined
  /** What the machine at a slot of the fleet presents: the certificate that holds the name, else that of its first name. */
  presentedByFleet(slot: number, serverName: string | undefined): Certificate | undefined
  /** Certificate `number` of the fleet, which logs hold, too. */
  ofFleet(number: number): Certificate
  /** A certificate for a host of a provider, made by the same authority. */
  ofProvider(host: string): Certificate
}

/** Certificates of the fleet that are kept, because the next question is often for the same one. */
const maxRecent = 1000

export function makeCertificates(seed: number, fleet: Fleet, machines: ReadonlyMap<string, Machine>): Certificates {
  const root = once(() => buildCertificate(rootPlan, seed))
  const intermediate = once(() => buildCertificate(intermediatePlan, seed))
  const byMachine = new Map<string, (() => Certificate)[]>()
  const logged: (() => Certificate)[] = []
  for (const [index, plan] of placed.entries()) {
    const certificate = once(() => buildCertificate(planOf(plan, index), seed))
    if (plan.machine !== undefined) {
      if (!machines.has(plan.machine)) throw new Error(`no machine "${plan.machine}" for certificate ${index}`)
      byMachine.set(plan.machine, [...(byMachine.get(plan.machine) ?? []), certificate])
    }
    if (!plan.unlogged) logged.push(certificate)
  }
  const ofProvider = new Map<string, Certificate>()
  const recent = new Map<number, Certificate>()
  function ofFleet(number: number): Certificate {
    let certificate = recent.get(number)
    if (!certificate) {
      if (recent.size >= maxRecent) recent.clear()
      certificate = buildCertificate(fleetPlan(fleet, number), seed)
      recent.set(number, certificate)
    }
    return certificate
  }
  return {
    get root() {
      return root()
    },
    get intermediate() {
      return intermediate()
    },
    get logged() {
      return logged.map((certificate) => certificate())
    },
    presentedBy(machine, serverName) {
      const own = byMachine.get(machine)?.map((certificate) => certificate())
      return (
        own?.find(({ names }) => serverName !== undefined && names.some((name) => covers(name, serverName))) ?? own?.[0]
      )
    },
    presentedByFleet(slot, serverName) {
      const named = serverName === undefined ? -1 : fleet.indexOf(serverName)
      const [first] = fleet.namesAt(slot)
      const index = named >= 0 && fleet.certificateOf(named) >= 0 ? named : (first ?? slot)
      return ofFleet(Math.floor(index / namesPerCertificate))
    },
    ofFleet,
    ofProvider(host) {
      let certificate = ofProvider.get(host)
      if (!certificate) {
        certificate = buildCertificate(
          { ...term(0), id: `provider/${host}`, commonName: host, names: [host], issuer: 'intermediate' },
          seed,
        )
        ofProvider.set(host, certificate)
      }
      return certificate
    },
  }
}

/** True when a certificate's name, perhaps a wildcard, names this host (RFC 6125 §6.4.3). */
export function covers(name: string, host: string): boolean {
  return name.startsWith('*.') ? host.slice(host.indexOf('.')) === name.slice(1) && host.includes('.') : name === host
}

function planOf({ commonName, names, kind, email }: Placed, index: number): CertificatePlan {
  return {
    id: `placed/${commonName ?? 'nameless'}/${index}`,
    ...(commonName === undefined ? {} : { commonName }),
    names,
    ...(email === undefined ? {} : { email }),
    ...(kind === 'expired' ? { notBefore: '2019-02-01T00:00:00Z', notAfter: '2020-02-01T00:00:00Z' } : term(index)),
    issuer: kind === 'self-signed' ? 'self' : 'intermediate',
  }
}

function fleetPlan(fleet: Fleet, number: number): CertificatePlan {
  const names = fleet.namesOfCertificate(number).map((index) => fleet.nameOf(index))
  const [commonName] = names
  return {
    id: `fleet/${number}`,
    ...(commonName === undefined ? {} : { commonName }),
    names,
    ...term(number % 28),
    issuer: 'intermediate',
  }
}

function term(index: number): Pick<CertificatePlan, 'notBefore' | 'notAfter'> {
  const day = String((index % 28) + 1).padStart(2, '0')
  return { notBefore: `2025-02-${day}T00:00:00Z`, notAfter: `2045-02-${day}T00:00:00Z` }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}
