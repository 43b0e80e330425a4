import { tenantOf } from '../world/tenant.ts'
import { json, type Provider } from './provider.ts'

/**
 * OpenID Connect metadata of Microsoft Entra tenants: `GET /DOMAIN/v2.0/.well-known/openid-configuration`, 400 for a
 * domain that no tenant has. https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
 */
export const azureTenant: Provider = {
  id: 'azure-tenant',
  hosts: ['login.microsoftonline.com'],
  handle({ url }) {
    const [, domain = ''] = /^\/([^/]+)(?:\/v2\.0)?\/\.well-known\/openid-configuration$/.exec(url.pathname) ?? []
    const id = tenantOf(domain.toLowerCase())
    if (id === undefined)
      return json(
        {
          error: 'invalid_tenant',
          error_description: `AADSTS90002: Tenant '${domain}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
          error_codes: [90_002],
          timestamp: '2025-03-15 12:00:00Z',
          trace_id: '81beda46-0000-4000-8000-71374dccc100',
          correlation_id: 'c1b9b8e2-0000-4000-8000-78fda6c79269',
          error_uri: 'https://login.microsoftonline.com/error?code=90002',
        },
        400,
      )
    const base = `https://login.microsoftonline.com/${id}`
    return json({
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: `${base}/v2.0`,
      request_uri_parameter_supported: false,
      userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      http_logout_supported: true,
      frontchannel_logout_supported: true,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      tenant_region_scope: 'EU',
      cloud_instance_name: 'microsoftonline.com',
      cloud_graph_host_name: 'graph.windows.net',
      msgraph_host: 'graph.microsoft.com',
      rbac_url: 'https://pas.windows.net',
    })
  },
}
