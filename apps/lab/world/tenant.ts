import { hex, wordNumber } from './random.ts'

const withTenant = new Set(['northwind.example', 'northwind-labs.example', 'fjordbank.example'])

/** Domains of one company are in one tenant. */
const tenants: Record<string, string> = { 'northwind-labs.example': 'northwind.example' }

/** The id of the Microsoft Entra tenant that a domain is registered with. */
export function tenantOf(domain: string): string | undefined {
  if (!withTenant.has(domain)) return undefined
  const digits = hex(32, wordNumber(tenants[domain] ?? domain), 31)
  return [0, 8, 12, 16, 20].map((start, i, starts) => digits.slice(start, starts[i + 1] ?? 32)).join('-')
}
