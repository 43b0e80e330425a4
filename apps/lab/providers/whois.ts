import type { DomainRegistration, RegistrationContact } from '../world/registration.ts'
import type { World } from '../world/world.ts'
import type { WhoisProvider } from './provider.ts'
import { domainRegistries, registryOf } from './registries.ts'

const registrarHosts = ['whois.name-orchard.example', 'whois.registry-row.example']

const titles = { registrant: 'Registrant', administrative: 'Admin', technical: 'Tech', abuse: 'Abuse' } as const

/** IANA's server: who answers for a top-level domain. https://www.iana.org/whois */
export const ianaWhois: WhoisProvider = {
  id: 'whois-iana',
  hosts: ['whois.iana.org'],
  answer(query) {
    const suffix = query.toLowerCase().split('.').at(-1) ?? ''
    const registry = registryOf(suffix)
    const head = '% IANA WHOIS server\r\n% for more information on IANA, visit http://www.iana.org\r\n'
    if (!registry) return `${head}% This query returned 0 objects.\r\n`
    return lines([
      `${head}% This query returned 1 object`,
      '',
      ...(query.includes('.') ? [`refer:        ${registry.whois}`, ''] : []),
      `domain:       ${suffix.toUpperCase()}`,
      '',
      `organisation: ${registry.organization}`,
      '',
      `whois:        ${registry.whois}`,
      '',
      'status:       ACTIVE',
      `remarks:      Registration information: ${registry.rdap}`,
      '',
      'created:      1995-01-01',
      'changed:      2025-01-01',
      'source:       IANA',
    ])
  },
}

/**
 * The registries' servers: the fields of ICANN's Registration Data Directory Services (Registry Agreement, specification
 * 4), indented and in capitals as the oldest of them print them.
 */
export const registryWhois: WhoisProvider = {
  id: 'whois',
  hosts: [...new Set(domainRegistries.map(({ whois }) => whois))],
  answer(query, world, host) {
    const name = nameIn(query)
    const found = registryOf(name)?.whois === host ? world.registrationOf(name) : undefined
    if (!found) return noMatch(name)
    return lines([
      `   Domain Name: ${name.toUpperCase()}`,
      `   Registry Domain ID: ${found.handle}`,
      `   Registrar WHOIS Server: ${whoisOf(found)}`,
      `   Registrar URL: ${found.registrar.url}`,
      `   Updated Date: ${found.updatedAt}`,
      `   Creation Date: ${found.createdAt}`,
      `   Registry Expiry Date: ${found.expiresAt}`,
      ...registrarLines(found).map((line) => `   ${line}`),
      ...found.nameServers.map((server) => `   Name Server: ${server.toUpperCase()}`),
      '   DNSSEC: unsigned',
      '   URL of the ICANN Whois Inaccuracy Complaint Form: https://www.icann.org/wicf/',
      '>>> Last update of whois database: 2025-03-15T12:00:00Z <<<',
      '',
      'TERMS OF USE: You are not authorized to access or query our database through',
      'the use of electronic processes that exceed the rate limit of this service.',
    ])
  },
}

/** The registrars' servers, which also hold the contacts (Registrar Accreditation Agreement, RDDS specification). */
export const registrarWhois: WhoisProvider = {
  id: 'whois-registrar',
  hosts: registrarHosts,
  answer(query, world, host) {
    const name = nameIn(query)
    const found = registrationAt(world, name, host)
    if (!found) return noMatch(name)
    return lines([
      `Domain Name: ${name}`,
      `Registry Domain ID: ${found.handle}`,
      `Registrar WHOIS Server: ${host}`,
      `Registrar URL: ${found.registrar.url}`,
      `Updated Date: ${found.updatedAt}`,
      `Creation Date: ${found.createdAt}`,
      `Registrar Registration Expiration Date: ${found.expiresAt}`,
      ...registrarLines(found),
      ...(['registrant', 'administrative', 'technical'] as const).flatMap((role) =>
        contactLines(
          titles[role],
          found.contacts.find((contact) => contact.role === role),
          found.redaction,
        ),
      ),
      ...found.nameServers.map((server) => `Name Server: ${server}`),
      'DNSSEC: unsigned',
      '>>> Last update of WHOIS database: 2025-03-15T12:00:00Z <<<',
    ])
  },
}

function registrationAt(world: World, name: string, host: string): DomainRegistration | undefined {
  const found = world.registrationOf(name)
  return found && whoisOf(found) === host ? found : undefined
}

/** The server of the registrar, beside its web site. */
function whoisOf({ registrar }: DomainRegistration): string {
  return new URL(registrar.url).hostname.replace(/^www\./, 'whois.')
}

function registrarLines({ registrar, status }: DomainRegistration): string[] {
  return [
    `Registrar: ${registrar.name}`,
    `Registrar IANA ID: ${registrar.ianaId}`,
    `Registrar Abuse Contact Email: ${registrar.abuseEmail}`,
    `Registrar Abuse Contact Phone: ${dotted(registrar.abusePhone)}`,
    ...status.map((one) => `Domain Status: ${eppOf(one)} https://icann.org/epp#${eppOf(one)}`),
  ]
}

function contactLines(title: string, contact: RegistrationContact | undefined, redaction: string): string[] {
  return [
    `${title} Name: ${contact?.person ?? redaction}`,
    `${title} Organization: ${contact?.organization ?? (contact ? '' : redaction)}`,
    `${title} Street: ${contact?.address?.street ?? redaction}`,
    `${title} City: ${contact?.address?.city ?? redaction}`,
    `${title} Postal Code: ${contact?.address?.postalCode ?? redaction}`,
    `${title} Country: ${contact?.address?.country ?? (contact ? 'GB' : redaction)}`,
    `${title} Phone: ${contact?.phone === undefined ? redaction : dotted(contact.phone)}`,
    `${title} Email: ${contact?.email ?? redaction}`,
  ]
}

/** `client transfer prohibited` in RDAP is `clientTransferProhibited` in EPP (RFC 8056). */
function eppOf(status: string): string {
  return status.replace(/ (\w)/g, (_match, letter: string) => letter.toUpperCase())
}

function dotted(phone: string): string {
  return phone.replace(/^\+44/, '+44.')
}

function nameIn(query: string): string {
  return query
    .toLowerCase()
    .replace(/^(?:domain|=)\s*/, '')
    .replace(/\.$/, '')
}

function noMatch(name: string): string {
  return `No match for "${name.toUpperCase()}".\r\n>>> Last update of whois database: 2025-03-15T12:00:00Z <<<\r\n`
}

function lines(all: readonly string[]): string {
  return `${all.join('\r\n')}\r\n`
}
