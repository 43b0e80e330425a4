import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { notProfiles } from '../identity/profile-sites.ts'
import { normaliseDomain } from './domain.ts'

export const codeRepository: EntityDefinition = {
  type: 'code-repository',
  version: 1,
  title: 'Code repository',
  plural: 'Code repositories',
  form: '`host/owner/name` in lower case: `github.com/acme/site`',
  examples: [
    { raw: 'https://github.com/Acme/Site.git', value: 'github.com/acme/site' },
    { raw: 'git@gitlab.com:acme/infra/dns.git', value: 'gitlab.com/acme/infra/dns' },
    { raw: 'https://github.com/acme/site/blob/main/a.ts#L3', value: 'github.com/acme/site' },
    { raw: 'https://gitlab.com/acme/infra/dns/-/tree/main', value: 'gitlab.com/acme/infra/dns' },
    { raw: 'raw.githubusercontent.com/acme/site/main/a.ts', value: 'github.com/acme/site' },
    { raw: 'git.example.com/team/tool', value: 'git.example.com/team/tool' },
  ],
  counterExamples: [
    'github.com/acme',
    'acme/site',
    'https://github.com/features/actions',
    'https://example.com/a/b/c d',
    '',
  ],
  normalise: normaliseRepository,
  fromUrl: repositoryOfUrl,
  display: displayAsIs,
}

const twoSegments = new Set(['github.com', 'bitbucket.org', 'codeberg.org', 'gitee.com', 'huggingface.co'])
const known = new Set([...twoSegments, 'gitlab.com', 'git.sr.ht'])
const aliases: Record<string, string> = {
  'www.github.com': 'github.com',
  'raw.githubusercontent.com': 'github.com',
  'codeload.github.com': 'github.com',
}

/** `host/path`, an https or ssh URL, or `git@host:path`. The hosts fold case in owner and name. */
function normaliseRepository(raw: string): string | undefined {
  if (raw.length > 2048) return undefined
  const text = raw
    .trim()
    .replace(/^(?:git\+)?(?:https?|ssh|git):\/\//i, '')
    .replace(/^[\w-]{1,32}@/, '')
  return repositoryAt(text.replace(/^([^/:]+):(?!\d+\/)/, '$1/'))
}

function repositoryOfUrl(url: string): string | undefined {
  const location = url.slice(url.indexOf('//') + 2)
  const host = location.slice(0, location.indexOf('/'))
  const isKnown = known.has(aliases[host] ?? host) || /^[^?]+\.git(?:\/|$)/.test(location)
  return isKnown ? repositoryAt(location) : undefined
}

function repositoryAt(location: string): string | undefined {
  const [authority = '', ...path] = location
    .toLowerCase()
    .replace(/[?#].*$/s, '')
    .split('/')
  const written = normaliseDomain(authority)
  if (written === undefined) return undefined
  const host = Object.hasOwn(aliases, written) ? aliases[written]! : written
  const end = path.findIndex((segment) => segment === '-' || segment === '' || segment.endsWith('.git'))
  const whole = end >= 0 && path[end]!.endsWith('.git') ? end + 1 : end < 0 ? path.length : end
  const segments = path.slice(0, twoSegments.has(host) ? Math.min(2, whole) : whole)
  const last = segments.length - 1
  if (last < 1 || last > 9 || (known.has(host) && notProfiles.has(segments[0]!))) return undefined
  segments[last] = segments[last]!.replace(/\.git$/, '')
  return segments.every((segment) => /^~?[a-z\d_][\w.-]{0,99}$|^\.[\w-][\w.-]{0,99}$/.test(segment))
    ? `${host}/${segments.join('/')}`
    : undefined
}
