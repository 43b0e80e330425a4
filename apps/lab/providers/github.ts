import type { Account } from '../world/account.ts'
import { wordNumber } from '../world/random.ts'
import type { World } from '../world/world.ts'
import { json, type Provider, type ProviderReply, type ProviderRequest } from './provider.ts'

const docs = 'https://docs.github.com/rest'

/**
 * GitHub's REST API: `/users/NAME`, `/users/NAME/repos`, `/orgs/NAME`, `/orgs/NAME/repos`, `/orgs/NAME/public_members`,
 * `/repos/OWNER/NAME`; lists by `per_page` and `page` with a Link header. https://docs.github.com/en/rest
 */
export const github: Provider = {
  id: 'github',
  hosts: ['api.github.com'],
  handle(request, world) {
    if (!request.headers['user-agent'])
      return answer({ message: 'Request forbidden by administrative rules.', documentation_url: docs }, 403)
    const [kind, name = '', list] = request.url.pathname.split('/').slice(1)
    const account = accountOf(world, name)
    if (kind === 'repos') return repository(account, list)
    if (!account || (kind !== 'users' && kind !== 'orgs')) return notFound()
    if (kind === 'orgs' && account.kind !== 'organization') return notFound()
    switch (list) {
      case undefined:
        return answer(profileOf(account))
      case 'repos':
        return page(
          request,
          account.repositories.map((_, index) => repositoryOf(account, index)),
        )
      case 'public_members':
        return page(
          request,
          account.members.map((login) => simpleUser(login, 'User')),
        )
      default:
        return notFound()
    }
  },
}

/** Logins do not tell capitals apart. */
function accountOf(world: World, login: string): Account | undefined {
  return world.accounts.find(
    ({ site, username }) => site === 'github.com' && username.toLowerCase() === login.toLowerCase(),
  )
}

function simpleUser(login: string, type: 'User' | 'Organization'): object {
  const api = `https://api.github.com/users/${login}`
  return {
    login,
    id: wordNumber(login),
    node_id: Buffer.from(`0${type.length}:${type}${wordNumber(login)}`).toString('base64'),
    avatar_url: `https://avatars.githubusercontent.com/u/${wordNumber(login)}?v=4`,
    gravatar_id: '',
    url: api,
    html_url: `https://github.com/${login}`,
    repos_url: `${api}/repos`,
    type,
    site_admin: false,
  }
}

function typeOf({ kind }: Account): 'User' | 'Organization' {
  return kind === 'organization' ? 'Organization' : 'User'
}

function profileOf(account: Account): object {
  const { username, name, bio, blog, email, repositories } = account
  return {
    ...simpleUser(username, typeOf(account)),
    name: name ?? null,
    company: null,
    blog: blog ?? '',
    location: null,
    email: email ?? null,
    hireable: null,
    bio: bio ?? null,
    twitter_username: null,
    public_repos: repositories.length,
    public_gists: 0,
    followers: 12,
    following: 3,
    created_at: '2019-04-02T09:10:11Z',
    updated_at: '2025-02-20T12:00:00Z',
  }
}

function repositoryOf(account: Account, index: number): object {
  const { name, description, language, fork } = account.repositories[index]!
  const fullName = `${account.username}/${name}`
  return {
    id: wordNumber(fullName),
    name,
    full_name: fullName,
    owner: simpleUser(account.username, typeOf(account)),
    private: false,
    html_url: `https://github.com/${fullName}`,
    description,
    fork,
    url: `https://api.github.com/repos/${fullName}`,
    homepage: null,
    language,
    archived: false,
    disabled: false,
    visibility: 'public',
    default_branch: 'main',
    created_at: '2020-01-15T08:00:00Z',
    updated_at: '2025-02-01T08:00:00Z',
    pushed_at: '2025-02-01T08:00:00Z',
  }
}

function repository(account: Account | undefined, name: string | undefined): ProviderReply {
  const index = account?.repositories.findIndex((one) => one.name === name) ?? -1
  return account && index >= 0 ? answer(repositoryOf(account, index)) : notFound()
}

function page({ url }: ProviderRequest, all: object[]): ProviderReply {
  const size = Math.min(Number(url.searchParams.get('per_page') ?? 30) || 30, 100)
  const number = Number(url.searchParams.get('page') ?? 1) || 1
  const next = new URL(url)
  next.searchParams.set('page', String(number + 1))
  const more = number * size < all.length
  return answer(all.slice((number - 1) * size, number * size), 200, more ? { link: `<${next.href}>; rel="next"` } : {})
}

function notFound(): ProviderReply {
  return answer({ message: 'Not Found', documentation_url: docs, status: '404' }, 404)
}

function answer(body: object, status = 200, headers: Record<string, string> = {}): ProviderReply {
  return json(body, status, {
    'content-type': 'application/json; charset=utf-8',
    'x-github-media-type': 'github.v3; format=json',
    'x-ratelimit-limit': '60',
    'x-ratelimit-remaining': '59',
    'x-ratelimit-reset': '1900000000',
    ...headers,
  })
}
