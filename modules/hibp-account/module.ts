import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Breaches = t.Array(
  t.Object({
    Title: t.String(),
    BreachDate: t.Optional(t.String()),
    DataClasses: t.Optional(t.Array(t.String())),
    IsVerified: t.Optional(t.Boolean()),
  }),
)

const Pastes = t.Array(
  t.Object({
    Source: t.String(),
    Id: t.String(),
    Title: t.Optional(t.String()),
    Date: t.Optional(t.String()),
    EmailCount: t.Optional(t.Integer()),
  }),
)

/** Hosts of the paste services that the API knows by name. */
const pasteSites: Record<string, string> = {
  Pastebin: 'pastebin.com',
  Pastie: 'pastie.org',
  Slexy: 'slexy.org',
  Ghostbin: 'ghostbin.com',
  QuickLeak: 'quickleak.ir',
  JustPaste: 'justpaste.it',
}

/**
 * Breaches and pastes in which an e-mail address was exposed. Source: Have I Been Pwned API v3, breachedaccount and
 * pasteaccount (https://haveibeenpwned.com/API/v3#BreachesForAccount): 404 means nothing known; the smallest plan allows
 * ten requests a minute, and only addresses in scope are asked about. Its data is licensed CC BY 4.0.
 */
export const module = defineModule({
  id: 'hibp-account',
  version: 1,
  title: 'Have I Been Pwned: e-mail addresses',
  summary: 'Breaches and pastes in which an e-mail address was exposed',
  homepage: 'https://haveibeenpwned.com',
  documentation: 'https://haveibeenpwned.com/API/v3#BreachesForAccount',
  terms: 'https://haveibeenpwned.com/API/v3#License',
  consumes: [{ type: 'email' }],
  produces: ['breach', 'paste', 'url'],
  contact: 'stored',
  onlyInScope: true,
  origin: 'haveibeenpwned',
  useCases: ['footprint', 'investigate', 'identity'],
  limits: { perMinute: 10, concurrency: 1, cacheFor: '24h' },
  needs: { key: 'HIBP_API_KEY', where: 'https://haveibeenpwned.com/API/Key', tier: 'paid' },
  sample: 'info@northwind.example',
  async *run({ entity, http, key }) {
    const options = { headers: { 'hibp-api-key': key }, secrets: ['hibp-api-key'], missing: [404] }
    const ask = url`https://haveibeenpwned.com/api/v3/breachedaccount/${entity.value}?truncateResponse=false`
    for (const { Title, BreachDate, DataClasses, IsVerified } of (await http.json(ask, Breaches, options)) ?? []) {
      yield observe('breach', Title, {
        via: 'exposed_in',
        attributes: { title: Title, breachedAt: BreachDate, taken: DataClasses, verified: IsVerified },
      })
    }
    const pastes = await http.json(url`https://haveibeenpwned.com/api/v3/pasteaccount/${entity.value}`, Pastes, options)
    for (const { Source, Id, Title, Date, EmailCount } of pastes ?? []) {
      const sighting = { via: 'exposed_in', seenAt: Date, attributes: { title: Title, addresses: EmailCount } } as const
      const site = pasteSites[Source]
      if (site !== undefined) yield observe('paste', `${site}/${Id}`, sighting)
      else if (/^https?:\/\//.test(Id)) yield observe('url', Id, sighting)
    }
  },
})
