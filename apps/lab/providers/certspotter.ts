import { createHash, createPublicKey } from 'node:crypto'
import { privateKeyOf, type SigningKey } from '../world/key.ts'
import { issuancesOf } from '../world/transparency.ts'
import { json, type Provider, type ProviderReply } from './provider.ts'

const pageSize = 100

/**
 * SSLMate's Certificate Transparency Search API v1: `GET /v1/issuances?domain=D[&include_subdomains=true][&after=ID]`
 * answers a page of issuances by growing id, and an empty one at the end; `expand` adds fields.
 * https://sslmate.com/help/reference/ct_search_api_v1
 */
export const certspotter: Provider = {
  id: 'certspotter',
  hosts: ['api.certspotter.com'],
  handle({ url }, world) {
    if (url.pathname !== '/v1/issuances') return failed(404, 'not_found', 'The requested resource was not found.')
    const { searchParams } = url
    const domain = searchParams.get('domain')?.toLowerCase()
    if (!domain?.includes('.')) return failed(400, 'invalid_domain', 'The domain parameter is not a registered domain.')
    const after = Number(searchParams.get('after') ?? 0)
    if (!Number.isSafeInteger(after)) return failed(400, 'invalid_after', 'The after parameter is not an issuance ID.')
    const expand = new Set(searchParams.getAll('expand'))
    const withSubdomains = searchParams.get('include_subdomains') === 'true'
    const page: object[] = []
    for (const issuance of issuancesOf(world, domain, 'certspotter', after)) {
      if (!withSubdomains && !issuance.names.includes(domain)) continue
      const { fingerprint, tbsFingerprint, key } = issuance.certificate()
      page.push({
        id: String(issuance.id),
        tbs_sha256: tbsFingerprint,
        cert_sha256: fingerprint,
        ...(expand.has('dns_names') ? { dns_names: issuance.names } : {}),
        pubkey_sha256: publicKeyDigest(key),
        ...(expand.has('issuer') ? { issuer: issuerOf(publicKeyDigest(world.certificates.intermediate.key)) } : {}),
        not_before: issuance.notBefore,
        not_after: issuance.notAfter,
        revoked: false,
      })
      if (page.length === pageSize) break
    }
    return json(page)
  },
}

function issuerOf(pubkeySha256: string): object {
  return {
    friendly_name: 'Lab Trust',
    caa_domains: ['lab-trust.example'],
    name: 'O=Lab Trust, CN=Lab Trust CA 1',
    pubkey_sha256: pubkeySha256,
    pubkey_der: null,
  }
}

/** SHA-256 of the key as a SubjectPublicKeyInfo (RFC 5280 §4.1). */
function publicKeyDigest(key: SigningKey): string {
  const info = createPublicKey(privateKeyOf(key)).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(info).digest('hex')
}

function failed(status: number, code: string, message: string): ProviderReply {
  return json({ code, message }, status)
}
