import { type Breach, breachesOf, type Paste, pastesOf } from '../world/breach.ts'
import type { World } from '../world/world.ts'
import { json, type Provider, type ProviderReply, type ProviderRequest } from './provider.ts'

/**
 * Have I Been Pwned API v3: `GET /api/v3/breaches[?Domain=D]` for everybody; `/api/v3/breachedaccount/EMAIL` and
 * `/api/v3/pasteaccount/EMAIL` with any key in the header `hibp-api-key`, 404 where nothing is known.
 * https://haveibeenpwned.com/API/v3
 */
export const hibp: Provider = {
  id: 'hibp',
  hosts: ['haveibeenpwned.com'],
  handle(request, world) {
    const { url, headers } = request
    if (!headers['user-agent']) return refused(403, 'Forbidden: no user agent has been specified in the request.')
    const [, service = '', parameter = ''] = /^\/api\/v3\/(\w+)(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    if (service === 'breaches') return json(breachesAt(url, world).map(breachOf))
    if (service !== 'breachedaccount' && service !== 'pasteaccount') return notFound()
    return keyed(request, () => {
      const email = decodeURIComponent(parameter).toLowerCase()
      if (!email.includes('@')) return refused(400, 'The account does not comply with an acceptable format.')
      const found =
        service === 'breachedaccount'
          ? breachesOf(world)
              .filter(({ emails }) => emails.includes(email))
              .map(isShort(url) ? nameOf : breachOf)
          : pastesOf(world)
              .filter(({ emails }) => emails.includes(email))
              .map(pasteOf)
      return found.length > 0 ? json(found) : notFound()
    })
  },
}

function breachesAt(url: URL, world: World): Breach[] {
  const domain = (url.searchParams.get('Domain') ?? url.searchParams.get('domain'))?.toLowerCase()
  return breachesOf(world).filter((breach) => domain === undefined || breach.domain === domain)
}

function keyed({ headers }: ProviderRequest, answer: () => ProviderReply): ProviderReply {
  return headers['hibp-api-key'] ? answer() : refused(401, 'Access denied due to missing hibp-api-key.')
}

function isShort(url: URL): boolean {
  return url.searchParams.get('truncateResponse') !== 'false'
}

function nameOf({ name }: Breach): object {
  return { Name: name }
}

function breachOf({ name, title, domain, breachedAt, addedAt, accounts, dataClasses, verified }: Breach): object {
  return {
    Name: name,
    Title: title,
    Domain: domain,
    BreachDate: breachedAt,
    AddedDate: addedAt,
    ModifiedDate: addedAt,
    PwnCount: accounts,
    Description: `In ${breachedAt.slice(0, 4)} data was taken from ${domain}.`,
    LogoPath: 'https://logos.haveibeenpwned.com/List.png',
    DataClasses: dataClasses,
    IsVerified: verified,
    IsFabricated: false,
    IsSensitive: false,
    IsRetired: false,
    IsSpamList: false,
    IsMalware: false,
    IsSubscriptionFree: false,
    IsStealerLog: false,
  }
}

function pasteOf({ source, id, title, date, emails }: Paste): object {
  return { Source: source, Id: id, Title: title ?? null, Date: date ?? null, EmailCount: emails.length }
}

function refused(statusCode: number, message: string): ProviderReply {
  return json({ statusCode, message }, statusCode)
}

function notFound(): ProviderReply {
  return { status: 404, body: '' }
}
