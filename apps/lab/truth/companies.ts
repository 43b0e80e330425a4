import { companiesOf, type Company } from '../world/company.ts'
import { type Oracle, saw, sawFrom } from './fact.ts'

/** What the register of legal entity identifiers says of those that have one. */
export const companyOracles: readonly Oracle[] = [
  {
    id: 'gleif',
    contact: 'stored',
    consumes: ({ type, value }) => type === 'organization' && value.startsWith('lei:'),
    *facts(asked, world) {
      const all = companiesOf(world.people)
      const company = all.find((one) => asked.value.startsWith(`lei:${one.lei}|`))
      if (!company) return
      if (company.address) {
        const { street, city, postalCode, country } = company.address
        const line = `${street}, ${city}, ${postalCode}, ${country}`
        yield saw(asked, 'location', 'postal-address', `lei:${company.lei}|${line}`)
      }
      const parent = all.find(({ subsidiaries }) => subsidiaries.some(({ lei }) => lei === company.lei))
      if (parent) yield sawFrom(asked, 'subsidiary', 'organization', named(parent))
      for (const child of company.subsidiaries) yield saw(asked, 'subsidiary', 'organization', named(child))
    },
  },
]

function named({ lei, legalName }: Company): string {
  return `lei:${lei}|${legalName}`
}
