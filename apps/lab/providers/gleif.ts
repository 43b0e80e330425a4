import { companiesOf, type Company } from '../world/company.ts'
import { json, type Provider, type ProviderReply } from './provider.ts'

const api = 'https://api.gleif.org/api/v1'

/**
 * GLEIF API v1: `GET /api/v1/lei-records/LEI`, `…/direct-parent`, and `…/direct-children` by `page[size]` and
 * `page[number]`, in JSON:API; 404 where there is none. https://www.gleif.org/en/lei-data/gleif-api
 */
export const gleif: Provider = {
  id: 'gleif',
  hosts: ['api.gleif.org'],
  handle({ url }, world) {
    const [, lei = '', relation] = /^\/api\/v1\/lei-records\/([A-Z\d]{20})(?:\/([a-z-]+))?$/.exec(url.pathname) ?? []
    const all = companiesOf(world.people)
    const found = all.find((company) => company.lei === lei)
    const parent = all.find(({ subsidiaries }) => subsidiaries.some((one) => one.lei === lei))
    if (!found) return notFound('The requested resource could not be found.')
    switch (relation) {
      case undefined:
        return answer({ data: recordOf(found) })
      case 'direct-parent':
        return parent ? answer({ data: recordOf(parent) }) : notFound('No direct parent is reported.')
      case 'direct-children':
        return page(url, lei, found.subsidiaries)
      default:
        return notFound('The requested resource could not be found.')
    }
  },
}

function page(url: URL, lei: string, children: readonly Company[]): ProviderReply {
  if (children.length === 0) return notFound('No direct children are reported.')
  const perPage = Number(url.searchParams.get('page[size]') ?? 15)
  const currentPage = Number(url.searchParams.get('page[number]') ?? 1)
  const lastPage = Math.max(1, Math.ceil(children.length / perPage))
  const at = (number: number): string =>
    `${api}/lei-records/${lei}/direct-children?page%5Bnumber%5D=${number}&page%5Bsize%5D=${perPage}`
  return answer({
    meta: {
      goldenCopy: { publishDate: '2025-03-15T08:00:00Z' },
      pagination: { currentPage, perPage, total: children.length, lastPage },
    },
    links: { first: at(1), last: at(lastPage), ...(currentPage < lastPage ? { next: at(currentPage + 1) } : {}) },
    data: children.slice((currentPage - 1) * perPage, currentPage * perPage).map(recordOf),
  })
}

function recordOf({ lei, legalName, address }: Company): object {
  const place = {
    language: 'en',
    addressLines: address ? [address.street] : [],
    addressNumber: null,
    city: address?.city ?? null,
    region: null,
    country: address?.country ?? null,
    postalCode: address?.postalCode ?? null,
  }
  return {
    type: 'lei-records',
    id: lei,
    attributes: {
      lei,
      entity: {
        legalName: { name: legalName, language: 'en' },
        otherNames: [],
        legalAddress: place,
        headquartersAddress: place,
        registeredAt: { id: 'RA000585', other: null },
        registeredAs: '03141592',
        jurisdiction: address?.country ?? null,
        category: 'GENERAL',
        status: 'ACTIVE',
      },
      registration: {
        initialRegistrationDate: '2014-05-06T00:00:00Z',
        lastUpdateDate: '2025-02-01T00:00:00Z',
        status: 'ISSUED',
        nextRenewalDate: '2026-05-06T00:00:00Z',
      },
      bic: null,
    },
    links: { self: `${api}/lei-records/${lei}` },
  }
}

function answer(document: object): ProviderReply {
  return json(document, 200, { 'content-type': 'application/vnd.api+json' })
}

function notFound(detail: string): ProviderReply {
  return json({ errors: [{ status: '404', title: 'Not Found', detail }] }, 404, {
    'content-type': 'application/vnd.api+json',
  })
}
