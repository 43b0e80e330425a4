import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Breaches = t.Array(
  t.Object({
    Title: t.String(),
    Domain: t.Optional(t.String()),
    BreachDate: t.Optional(t.String()),
    AddedDate: t.Optional(t.String()),
    PwnCount: t.Optional(t.Integer()),
    DataClasses: t.Optional(t.Array(t.String())),
    IsVerified: t.Optional(t.Boolean()),
    IsFabricated: t.Optional(t.Boolean()),
  }),
)

/**
 * Breaches of the site at a domain: what was taken, when, and from how many. Source: Have I Been Pwned API v3, breaches
 * of a domain (https://haveibeenpwned.com/API/v3#AllBreaches), which wants no key; its data is licensed CC BY 4.0.
 */
export const module = defineModule({
  id: 'hibp-breaches',
  version: 1,
  title: 'Have I Been Pwned: breaches',
  summary: 'Breaches of the site at a domain',
  homepage: 'https://haveibeenpwned.com',
  documentation: 'https://haveibeenpwned.com/API/v3#AllBreaches',
  terms: 'https://haveibeenpwned.com/API/v3#License',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['breach'],
  contact: 'stored',
  origin: 'haveibeenpwned',
  useCases: ['footprint', 'investigate', 'monitor'],
  limits: { perMinute: 30, concurrency: 1, cacheFor: '24h' },
  sample: 'northwind.example',
  async *run({ entity, http }) {
    const breaches = await http.json(url`https://haveibeenpwned.com/api/v3/breaches?Domain=${entity.value}`, Breaches)
    for (const { Title, ...breach } of breaches ?? []) {
      yield observe('breach', Title, {
        via: 'exposed_in',
        attributes: {
          title: Title,
          site: breach.Domain,
          breachedAt: breach.BreachDate,
          addedAt: breach.AddedDate,
          accounts: breach.PwnCount,
          taken: breach.DataClasses,
          verified: breach.IsVerified,
          fabricated: breach.IsFabricated,
        },
      })
    }
  },
})
