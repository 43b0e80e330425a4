import { formatAddress } from '@mirage/model/address.ts'
import { boundsOf } from '@mirage/model/netblock.ts'
import type { AutonomousSystem, Holder, Network } from './network.ts'
import { type Person, personWithTitle } from './people.ts'
import { mix, pick, wordNumber } from './random.ts'

export type ContactRole = 'registrant' | 'administrative' | 'technical' | 'abuse'

/**
 * A contact as a registry prints it. Absent fields are redacted. A jCard of a contact with a person has the kind
 * `individual`, with an organization `org`, with neither `group`, whose `fn` names nobody.
 */
export interface RegistrationContact {
  role: ContactRole
  handle: string
  organization?: string
  person?: string
  email?: string
  phone?: string
  address?: { street: string; city: string; postalCode: string; country: string }
}

export interface DomainRegistration {
  domain: string
  handle: string
  registrar: { name: string; ianaId: string; abuseEmail: string; abusePhone: string; url: string }
  status: string[]
  /** ISO 8601. */
  createdAt: string
  updatedAt: string
  expiresAt: string
  nameServers: string[]
  contacts: RegistrationContact[]
  /** What stands in place of the fields that are not given. */
  redaction: 'REDACTED FOR PRIVACY'
}

const registrars: readonly DomainRegistration['registrar'][] = [
  {
    name: 'Name Orchard Ltd',
    ianaId: '9995',
    abuseEmail: 'abuse@name-orchard.example',
    abusePhone: '+442079460990',
    url: 'https://www.name-orchard.example/',
  },
  {
    name: 'Registry Row GmbH',
    ianaId: '9996',
    abuseEmail: 'abuse@registry-row.example',
    abusePhone: '+442079460991',
    url: 'https://www.registry-row.example/',
  },
]

/** The registration of a domain of the demo group or of anybody else; others are wholly redacted. */
export function makeRegistration(
  domain: string,
  nameServers: readonly string[],
  people: readonly Person[],
  seed: number,
): DomainRegistration {
  const key = wordNumber(domain)
  const created = 2001 + (mix(seed, key) % 20)
  const day = (month: number) => `-0${1 + (mix(key, month) % 9)}-1${mix(key, month, 1) % 10}T08:00:00Z`
  const isNorthwind = /^northwind(-shop|-labs)?\.example$/.test(domain)
  return {
    domain,
    handle: `D${String(key % 100_000_000).padStart(8, '0')}-LAB`,
    registrar: isNorthwind || domain === 'northwind-logistics.test' ? registrars[0]! : pick(registrars, seed, key),
    status: ['client transfer prohibited'],
    createdAt: `${created}${day(1)}`,
    updatedAt: `2024${day(2)}`,
    expiresAt: `2027${day(1)}`,
    nameServers: [...nameServers],
    contacts: isNorthwind
      ? northwindContacts(people)
      : domain === 'northwind-logistics.test'
        ? [
            {
              role: 'registrant',
              handle: 'NWLO1-LAB',
              organization: 'Northwind Logistics BV',
              email: 'domains@northwind-logistics.test',
            },
          ]
        : [],
    redaction: 'REDACTED FOR PRIVACY',
  }
}

function northwindContacts(people: readonly Person[]): RegistrationContact[] {
  const engineer = personWithTitle(people, 'Head of Engineering')
  return [
    {
      role: 'registrant',
      handle: 'NWND1-LAB',
      organization: 'Northwind Trading Ltd',
      email: 'domains@northwind.example',
      phone: '+442079460100',
      address: { street: '1 Tradewind Quay', city: 'London', postalCode: 'E14 0ZZ', country: 'GB' },
    },
    {
      role: 'administrative',
      handle: 'NWND2-LAB',
      person: engineer.name,
      email: engineer.email,
      phone: engineer.phone,
    },
    {
      role: 'technical',
      handle: 'NWND3-LAB',
      organization: 'Northwind Trading Ltd',
      email: 'hostmaster@northwind.example',
    },
  ]
}

/** What a registry says of a block of addresses or of an AS number. */
export interface ResourceRegistration {
  handle: string
  name: string
  country: string
  status: string[]
  /** ISO 8601. */
  registeredAt: string
  contacts: RegistrationContact[]
}

export interface NetworkRegistration extends ResourceRegistration {
  startAddress: string
  endAddress: string
  /** The blocks that make up the range. */
  blocks: string[]
}

export interface AutnumRegistration extends ResourceRegistration {
  asn: number
}

/** The registration of the network that holds an address. */
export function networkRegistration(network: Network): NetworkRegistration {
  const block = network.registered ?? network.prefix
  const { first, last } = boundsOf(block)
  return {
    handle: network.handle,
    name: network.name,
    startAddress: formatAddress(first),
    endAddress: formatAddress(last),
    blocks: [block],
    ...resource(network.holder),
  }
}

/** The registration of an AS number. */
export function autnumRegistration({ asn, handle, name, holder }: AutonomousSystem): AutnumRegistration {
  return { asn, handle, name, ...resource(holder) }
}

function resource(holder: Holder): Pick<ResourceRegistration, 'country' | 'status' | 'registeredAt' | 'contacts'> {
  const { id, organization, country, abuseEmail, phone } = holder
  return {
    country,
    status: ['active'],
    registeredAt: '2015-06-01T00:00:00Z',
    contacts: [
      { role: 'registrant', handle: id, organization, ...(phone === undefined ? {} : { phone }) },
      { role: 'abuse', handle: id.replace('-LAB', 'A-LAB'), email: abuseEmail },
    ],
  }
}
