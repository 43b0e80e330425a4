import { isApex } from '@mirage/model/domain-name.ts'
import { breachesOf, type Paste, pastesOf } from '../world/breach.ts'
import { tenantOf } from '../world/tenant.ts'
import { type Fact, type Oracle, saw, type Thing } from './fact.ts'

const isApexDomain = ({ type, value }: Thing): boolean => type === 'domain' && isApex(value)

/** What services say of a domain or a mailbox that they have met: breaches, pastes, tenants. */
export const exposureOracles: readonly Oracle[] = [
  {
    id: 'hibp-breaches',
    contact: 'stored',
    consumes: isApexDomain,
    *facts(apex, world) {
      for (const { domain, title } of breachesOf(world))
        if (domain === apex.value) yield saw(apex, 'exposed_in', 'breach', title)
    },
  },
  {
    id: 'hibp-account',
    contact: 'stored',
    onlyInScope: true,
    consumes: ({ type }) => type === 'email',
    *facts(email, world) {
      for (const { emails, title } of breachesOf(world))
        if (emails.includes(email.value)) yield saw(email, 'exposed_in', 'breach', title)
      for (const paste of pastesOf(world)) if (paste.emails.includes(email.value)) yield pasteFact(email, paste)
    },
  },
  {
    id: 'azure-tenant',
    contact: 'stored',
    consumes: isApexDomain,
    *facts(apex) {
      const tenant = tenantOf(apex.value)
      if (tenant !== undefined) yield saw(apex, 'account', 'cloud-tenant', `azure:${tenant}`)
    },
  },
]

function pasteFact(email: Thing, { source, id }: Paste): Fact {
  switch (source) {
    case 'Pastebin':
      return saw(email, 'exposed_in', 'paste', `pastebin.com/${id}`)
    case 'Pastie':
      return saw(email, 'exposed_in', 'paste', `pastie.org/${id}`)
    default:
      return saw(email, 'exposed_in', 'url', id)
  }
}
