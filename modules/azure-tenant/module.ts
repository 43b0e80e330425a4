import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Configuration = t.Object({
  token_endpoint: t.String({ pattern: '^https://' }),
  tenant_region_scope: t.Optional(t.String()),
  cloud_instance_name: t.Optional(t.String()),
})

/**
 * The Microsoft Entra tenant that a domain is registered with, as for Microsoft 365 or Azure. Source: the OpenID
 * Connect metadata of the tenant (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc), whose
 * endpoints carry its id; 400 means that no tenant has the domain.
 */
export const module = defineModule({
  id: 'azure-tenant',
  version: 1,
  title: 'Microsoft Entra tenants',
  summary: 'The Microsoft 365 or Azure tenant of a domain',
  homepage: 'https://learn.microsoft.com/entra/',
  documentation: 'https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['cloud-tenant'],
  contact: 'stored',
  origin: 'microsoft',
  useCases: ['footprint', 'investigate'],
  limits: { perMinute: 30, concurrency: 2, cacheFor: '7d' },
  sample: 'northwind.example',
  async *run({ entity, http }) {
    const configuration = await http.json(
      url`https://login.microsoftonline.com/${entity.value}/v2.0/.well-known/openid-configuration`,
      Configuration,
      { missing: [400] },
    )
    if (!configuration) return
    const { token_endpoint, tenant_region_scope: region, cloud_instance_name: cloud } = configuration
    const id = new URL(token_endpoint).pathname.split('/')[1]
    // Domains of people's own accounts are answered with a tenant that is nobody's.
    if (id === undefined || id === consumers) return
    yield observe('cloud-tenant', `azure:${id}`, { via: 'account', attributes: { region, cloud } })
  },
})

/** The tenant of all personal Microsoft accounts. */
const consumers = '9188040d-6c67-4c5b-b112-36a304b66dad'
