import metadata from 'libphonenumber-js/metadata.min.json'

/** What a country's numbering plan says of the digits behind its calling code. */
interface Plan {
  number: RegExp
  /** What people dial before a number inside the country, and sometimes write where it does not belong. */
  prefix: RegExp | undefined
}

const plansOfCode = new Map<string, Plan[]>()

for (const [code, countries] of Object.entries(metadata.country_calling_codes)) {
  plansOfCode.set(
    code,
    countries.map((country) => planOf(metadata.countries[country] as unknown[])),
  )
}
for (const [code, plan] of Object.entries(metadata.nonGeographic ?? {}))
  plansOfCode.set(code, [planOf(plan as unknown[])])

/**
 * How far E.164 digits (without `+`) go by the numbering plans, told in well under a microsecond: `fits` the general
 * pattern of a country, `may` be a number with a stray national prefix, or `undefined`: is none.
 */
export function judgeDigits(digits: string): 'fits' | 'may' | undefined {
  for (let length = 1; length <= 3; length++) {
    const plans = plansOfCode.get(digits.slice(0, length))
    if (!plans) continue
    const national = digits.slice(length)
    if (plans.some(({ number }) => number.test(national))) return 'fits'
    return plans.some(({ prefix }) => prefix?.test(national)) ? 'may' : undefined
  }
  return undefined
}

/**
 * A row of the metadata, whose fields have places instead of names (libphonenumber-js, METADATA.md, version 4): 2 the
 * pattern, 5 the national prefix, 7 the pattern by which a prefix is recognised where that is more.
 */
function planOf(row: unknown[]): Plan {
  const prefix = row[7] || row[5]
  return {
    number: new RegExp(`^(?:${String(row[2])})$`),
    prefix: typeof prefix === 'string' ? new RegExp(`^(?:${prefix})`) : undefined,
  }
}
