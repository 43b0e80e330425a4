import { type Sighting, defineModule, observe, t, url } from '@mirage/module-sdk'

const User = t.Object({
  login: t.String(),
  type: t.String(),
  name: t.Optional(t.String()),
  company: t.Optional(t.String()),
  blog: t.Optional(t.String()),
  location: t.Optional(t.String()),
  email: t.Optional(t.String()),
  bio: t.Optional(t.String()),
  twitter_username: t.Optional(t.String()),
  created_at: t.Optional(t.String()),
})
const Repositories = t.Array(
  t.Object({
    full_name: t.String(),
    fork: t.Boolean(),
    description: t.Optional(t.String()),
    language: t.Optional(t.String()),
    pushed_at: t.Optional(t.String()),
    archived: t.Optional(t.Boolean()),
  }),
)
const Members = t.Array(t.Object({ login: t.String() }))

const perPage = 100

type Found = Sighting<'account' | 'username' | 'person' | 'email' | 'url' | 'code-repository'>

/**
 * A user or organisation on GitHub: profile, own repositories, public members. Source: GitHub REST API
 * (https://docs.github.com/en/rest/users/users, …/repos/repos, …/orgs/members): 60 requests an hour from an address, 5,000
 * with a token, which needs no rights (…/using-the-rest-api/rate-limits-for-the-rest-api).
 */
export const module = defineModule({
  id: 'github',
  version: 1,
  title: 'GitHub',
  summary: 'Profile, repositories and members of a user or organisation',
  homepage: 'https://github.com',
  documentation: 'https://docs.github.com/en/rest',
  terms: 'https://docs.github.com/en/site-policy/github-terms/github-terms-of-service',
  consumes: [{ type: 'account' }, { type: 'username' }],
  produces: ['account', 'username', 'person', 'email', 'url', 'code-repository'],
  contact: 'stored',
  origin: 'github',
  useCases: ['footprint', 'identity', 'investigate'],
  limits: { perMinute: 30, perHour: 60, concurrency: 2, cacheFor: '24h' },
  accepts: {
    key: 'GITHUB_TOKEN',
    where: 'https://github.com/settings/tokens',
    tier: 'free',
    limits: { perMinute: 300, perHour: 5_000 },
  },
  volatile: ['pushedAt'],
  sample: 'github.com/northwind-dev',
  async *run({ entity, http, key }) {
    const login = entity.type === 'username' ? entity.value : /^github\.com\/([^/]+)$/.exec(entity.value)?.[1]
    if (!login || !/^[a-z\d](?:[a-z\d-]{0,38})$/.test(login)) return
    const asked = { headers: headersWith(key), missing: [404] }
    const user = await http.json(url`https://api.github.com/users/${login}`, User, asked)
    if (!user) return
    const from = { type: 'account', value: `github.com/${login}` } as const
    yield* profileSightings(user, entity.type === 'username', from)

    const repositories = url`https://api.github.com/users/${login}/repos?type=owner&per_page=${perPage}`
    for await (const page of http.pages(repositories, Repositories, nextPage, asked)) {
      for (const { full_name, fork, description, language, pushed_at, archived } of page) {
        if (fork) continue
        const attributes = { description, language, pushedAt: pushed_at, archived: archived || undefined }
        yield observe('code-repository', `github.com/${full_name}`, { via: 'contains', from, attributes })
      }
    }
    if (user.type !== 'Organization') return
    const members = url`https://api.github.com/orgs/${login}/public_members?per_page=${perPage}`
    for await (const page of http.pages(members, Members, nextPage, asked)) {
      for (const member of page) yield observe('account', `github.com/${member.login}`, { via: 'member', from })
    }
  },
})

function headersWith(key: string): Record<string, string> {
  const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' }
  return key === '' ? headers : { ...headers, authorization: `Bearer ${key}` }
}

interface Profile {
  login: string
  type: string
  name?: string
  company?: string
  blog?: string
  location?: string
  email?: string
  bio?: string
  twitter_username?: string
  created_at?: string
}

function* profileSightings(
  user: Profile,
  byName: boolean,
  from: { type: 'account'; value: string },
): Generator<Found, void, void> {
  const { name, company, blog, location, email, bio, created_at: createdAt, type: kind } = user
  const attributes = { kind, name, company, location, bio, createdAt }
  if (byName) yield observe('account', from.value, { via: 'account', attributes })
  else {
    yield observe('account', from.value, { attributes })
    yield observe('username', user.login, { via: 'account', direction: 'in', from })
  }
  if (name && kind === 'User') {
    yield observe('person', `account:${from.value}|${name}`, { via: 'account', direction: 'in', from })
  }
  if (user.twitter_username) {
    yield observe('account', `x.com/${user.twitter_username}`, { via: 'social_media_profile', from })
  }
  if (email) yield observe('email', email, { via: 'mentions', from })
  if (blog) yield observe('url', /^https?:\/\//i.test(blog) ? blog : `https://${blog}`, { via: 'website', from })
}

/** A full page has another after it. */
function nextPage(page: unknown[], at: string): string | undefined {
  if (page.length < perPage) return undefined
  const next = new URL(at)
  next.searchParams.set('page', String(Number(next.searchParams.get('page') ?? '1') + 1))
  return next.href
}
