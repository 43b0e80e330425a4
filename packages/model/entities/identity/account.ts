import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { normaliseDomain } from '../infrastructure/domain.ts'
import { oneLine } from '../wording.ts'
import { type ProfileSite, notProfiles, profileSites } from './profile-sites.ts'

export const account: EntityDefinition = {
  type: 'account',
  version: 1,
  title: 'Account',
  plural: 'Accounts',
  form: '`site/username`: `github.com/jdoe`; in lower case but on the few sites that tell case apart',
  examples: [
    { raw: 'https://www.GitHub.com/JDoe', value: 'github.com/jdoe' },
    { raw: 'twitter.com/@JDoe', value: 'x.com/jdoe' },
    { raw: 'https://www.linkedin.com/in/Jane-Doe/', value: 'linkedin.com/in/jane-doe' },
    {
      raw: 'https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv',
      value: 'youtube.com/channel/UCabcdefghijklmnopqrstuv',
    },
    { raw: 'https://infosec.example/@JDoe', value: 'infosec.example/jdoe' },
    { raw: 'https://news.ycombinator.com/user?id=jdoe', value: 'news.ycombinator.com/jdoe' },
    { raw: 'forum.example.com/jdoe', value: 'forum.example.com/jdoe' },
  ],
  counterExamples: [
    'jdoe',
    'github.com',
    'github.com/',
    'https://github.com/features',
    'https://example.com/about',
    'site/jdoe',
    '',
  ],
  normalise: normaliseAccount,
  fromUrl: accountOfUrl,
  display: displayAsIs,
}

const sites = new Map<string, ProfileSite>()
for (const site of profileSites) for (const host of [site.site, ...(site.aliases ?? [])]) sites.set(host, site)

/** `site/username`, or the URL of a profile on a site that is known, or whose path starts with `@`. */
function normaliseAccount(raw: string): string | undefined {
  if (raw.length > 1024) return undefined
  const text = oneLine(raw)
  const location = text.replace(/^https?:\/\//i, '')
  const slash = location.indexOf('/')
  const host = slash < 0 ? undefined : normaliseDomain(location.slice(0, slash))
  if (host === undefined) return undefined
  const path = location.slice(slash + 1)
  return profileAt(host, path) ?? (location === text ? plainAccount(host, path) : undefined)
}

function accountOfUrl(url: string): string | undefined {
  const start = url.indexOf('//') + 2
  const slash = url.indexOf('/', start)
  return slash < 0 || !url.startsWith('http') ? undefined : profileAt(url.slice(start, slash), url.slice(slash + 1))
}

function profileAt(host: string, path: string): string | undefined {
  const bare = host.replace(/^(?:www|m)\./, '')
  const site = sites.get(bare)
  const cleaned = /[?#]/.test(path) && !path.startsWith('user?id=') ? path.replace(/[?#].*$/s, '') : path
  if (!site) {
    const name = /^@([\w.-]{1,64})\/?$/.exec(cleaned)?.[1]
    return name === undefined || !bare.includes('.') ? undefined : accountValue(bare, name, false)
  }
  for (const pattern of site.paths) {
    const name = pattern.exec(cleaned)?.[1]
    if (name !== undefined && !notProfiles.has(name.toLowerCase()))
      return accountValue(site.site, name, site.caseSensitive ?? false)
  }
  return undefined
}

function plainAccount(host: string, path: string): string | undefined {
  const bare = host.replace(/^(?:www|m)\.(?=[^.]+\.)/, '')
  const site = sites.get(bare)
  const name = path.replace(/^@/, '').replace(/\/$/, '')
  return /^[^\s/?#@|][^\s/?#|]{0,127}$/.test(name) && !(site && notProfiles.has(name.toLowerCase()))
    ? accountValue(site?.site ?? bare, name, site?.caseSensitive ?? false)
    : undefined
}

function accountValue(site: string, name: string, caseSensitive: boolean): string {
  return `${site}/${caseSensitive ? name : name.toLowerCase().normalize()}`
}
