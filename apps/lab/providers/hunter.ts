import { knownMailboxes } from '../world/passive.ts'
import { json, type Provider, type ProviderReply, type ProviderRequest } from './provider.ts'

/** The most addresses of one answer, and how many when nothing is said. */
const maxLimit = 100
const defaultLimit = 10

/**
 * Hunter API v2: `GET /v2/domain-search?domain=D[&limit=N][&offset=N]`, any key, in the parameter `api_key`, the header
 * `X-API-KEY` or as a bearer token. https://hunter.io/api-documentation/v2#domain-search
 */
export const hunter: Provider = {
  id: 'hunter',
  hosts: ['api.hunter.io'],
  handle(request, world) {
    const { url } = request
    if (!keyOf(request)) return failed(401, 'authentication_failed', 'No user found for the API key supplied')
    if (url.pathname !== '/v2/domain-search') return failed(404, 'not_found', 'This endpoint does not exist')
    const domain = url.searchParams.get('domain')?.toLowerCase()
    if (!domain) return failed(400, 'wrong_params', 'You must supply the domain name or the company name')
    const limit = Math.min(Number(url.searchParams.get('limit') ?? defaultLimit), maxLimit)
    const offset = Number(url.searchParams.get('offset') ?? 0)
    const mailboxes = knownMailboxes(world, domain)
    return json({
      data: {
        domain,
        disposable: false,
        webmail: false,
        accept_all: false,
        pattern: mailboxes.length > 0 ? '{first}.{last}' : null,
        organization: world.registrationOf(domain)?.contacts[0]?.organization ?? null,
        emails: mailboxes.slice(offset, offset + limit).map(emailOf),
        linked_domains: [],
      },
      meta: { results: mailboxes.length, limit, offset, params: { domain, company: null, type: null } },
    })
  },
}

function emailOf({ email, first, last, title, source }: ReturnType<typeof knownMailboxes>[number]): object {
  return {
    value: email,
    type: first === undefined ? 'generic' : 'personal',
    confidence: first === undefined ? 87 : 94,
    sources: [
      {
        domain: new URL(source).hostname,
        uri: source,
        extracted_on: '2024-11-02',
        last_seen_on: '2025-02-20',
        still_on_page: true,
      },
    ],
    first_name: first ?? null,
    last_name: last ?? null,
    position: title ?? null,
    seniority: null,
    department: null,
    linkedin: null,
    twitter: null,
    phone_number: null,
    verification: { date: null, status: null },
  }
}

function keyOf({ url, headers }: ProviderRequest): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
  return headers['x-api-key'] || bearer || url.searchParams.get('api_key') || undefined
}

function failed(code: number, id: string, details: string): ProviderReply {
  return json({ errors: [{ id, code, details }] }, code)
}
