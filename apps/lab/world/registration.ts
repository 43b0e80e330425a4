import { type Person, personWithTitle } from './people.ts'
import { mix, pick, wordNumber } from './random.ts'

export type ContactRole = 'registrant' | 'administrative' | 'technical' | 'abuse'

/** A contact as a registry prints it. Absent fields are redacted. */
export interface RegistrationContact {
  role: ContactRole
  handle: string
  organization?: string
  person?: string
  email?: string
  phone?: string
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
