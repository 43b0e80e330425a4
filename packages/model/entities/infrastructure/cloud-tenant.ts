import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { normaliseDomain } from './domain.ts'

export const cloudTenant: EntityDefinition = {
  type: 'cloud-tenant',
  version: 1,
  title: 'Cloud tenant',
  plural: 'Cloud tenants',
  form: '`provider:id`: `azure:<uuid>`, `aws:<12 digits>`, `gcp:<project>`, `google-workspace:<domain>`, `okta:<name>`, …',
  examples: [
    { raw: 'azure:72F988BF-86F1-41AF-91AB-2D7CD011DB47', value: 'azure:72f988bf-86f1-41af-91ab-2d7cd011db47' },
    {
      raw: 'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2',
      value: 'azure:72f988bf-86f1-41af-91ab-2d7cd011db47',
    },
    { raw: 'aws:1234-5678-9012', value: 'aws:123456789012' },
    { raw: 'google-workspace:Example.com', value: 'google-workspace:example.com' },
    { raw: 'acme.okta.com', value: 'okta:acme' },
    { raw: 'acme.onmicrosoft.com', value: 'microsoft365:acme' },
  ],
  counterExamples: ['azure:acme', 'aws:123', 'acme', 'azure:', 'https://example.com/', ''],
  normalise: normaliseTenant,
  fromUrl: tenantOfUrl,
  display: displayAsIs,
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/
const plainName = (id: string) => (/^[a-z\d][a-z\d-]{1,62}$/.test(id) ? id : undefined)

const providers: Record<string, (id: string) => string | undefined> = {
  azure: (id) => (uuid.test(id) ? id : undefined),
  aws: (id) => /^\d{12}$/.exec(id.replaceAll('-', ''))?.[0],
  gcp: (id) => /^[a-z][a-z\d-]{4,28}[a-z\d]$/.exec(id)?.[0],
  'google-workspace': normaliseDomain,
  microsoft365: plainName,
  okta: plainName,
  atlassian: plainName,
  salesforce: plainName,
  slack: plainName,
  zendesk: plainName,
}

const hosts: [RegExp, string][] = [
  [/^([a-z\d-]+)\.(?:mail\.)?onmicrosoft\.com$/, 'microsoft365'],
  [/^([a-z\d-]+)\.okta(?:-emea|preview)?\.com$/, 'okta'],
  [/^([a-z\d-]+)\.atlassian\.net$/, 'atlassian'],
  [/^([a-z\d-]+)\.my\.salesforce\.com$/, 'salesforce'],
  [/^([a-z\d-]+)\.slack\.com$/, 'slack'],
  [/^([a-z\d-]+)\.zendesk\.com$/, 'zendesk'],
]

const notTenants = new Set([
  'www',
  'api',
  'app',
  'login',
  'support',
  'help',
  'status',
  'developer',
  'files',
  'hooks',
  'a',
  'edgeapi',
])

function normaliseTenant(raw: string): string | undefined {
  if (raw.length > 1024) return undefined
  const text = raw.trim().toLowerCase()
  const [, provider = '', id = ''] = /^([a-z\d-]{2,32}):(.+)$/.exec(text) ?? []
  if (Object.hasOwn(providers, provider)) {
    const canonical = providers[provider]!(id)
    return canonical === undefined ? undefined : `${provider}:${canonical}`
  }
  return tenantAt(text.replace(/^https?:\/\//, ''))
}

function tenantOfUrl(url: string): string | undefined {
  return tenantAt(url.slice(url.indexOf('//') + 2).toLowerCase())
}

function tenantAt(location: string): string | undefined {
  const [host = '', first = ''] = location.split(/[/?#]/, 2)
  if (host === 'login.microsoftonline.com' || host === 'sts.windows.net')
    return uuid.test(first) ? `azure:${first}` : undefined
  for (const [pattern, provider] of hosts) {
    const id = pattern.exec(host)?.[1]
    if (id !== undefined && !notTenants.has(id) && plainName(id) !== undefined) return `${provider}:${id}`
  }
  return undefined
}
