import { type Account, type AccountSite, accountSites } from '../world/account.ts'
import type { World } from '../world/world.ts'
import { json, type Provider, type ProviderReply } from './provider.ts'

type Reply = (name: string) => ProviderReply

/** Sites on which nobody of the world has an account, and how each says so; `missing` is a page with status 404. */
const others: Record<string, Reply> = {
  'bitbucket.org': missing,
  'codeberg.org': missing,
  'vimeo.com': missing,
  'soundcloud.com': missing,
  'dribbble.com': missing,
  'www.behance.net': missing,
  'www.flickr.com': missing,
  'www.last.fm': missing,
  'pypi.org': missing,
  'www.npmjs.com': missing,
  'rubygems.org': missing,
  'hackerone.com': missing,
  'huggingface.co': missing,
  'www.kaggle.com': missing,
  'lobste.rs': missing,
  'disqus.com': missing,
  'replit.com': missing,
  'www.patreon.com': missing,
  'sr.ht': missing,
  'en.gravatar.com': () => json('User not found', 404),
  // Pages that answer 200 for a name that nobody has: by a text, and by the same shell for everybody.
  't.me': (name) => html(200, `Telegram: Contact @${name}`, `<div class="tgme_page">If you have <b>Telegram</b></div>`),
  'steamcommunity.com': () =>
    html(200, 'Steam Community :: Error', '<h3>The specified profile could not be found.</h3>'),
  'about.me': (name) => html(200, `${name} on about.me`, '<div id="root"></div>'),
  'www.producthunt.com': () => ({ status: 302, headers: { location: '/' }, body: '' }),
  // A page that asks whether somebody is human, instead of an answer.
  'medium.com': () => ({
    ...html(403, 'Just a moment...', '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>'),
    headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare', 'cf-mitigated': 'challenge' },
  }),
  'public.api.bsky.app': () => json({ error: 'InvalidRequest', message: 'Profile not found' }, 400),
  'public-api.wordpress.com': () => json({ error: 'unknown_blog', message: 'Unknown blog' }, 404),
}

/**
 * Sites with accounts: a profile where the world has one, else what each site answers for a name that nobody has. The
 * profile paths stand in `world/account.ts`.
 */
export const usernameSites: Provider = {
  id: 'username-sites',
  hosts: [...accountSites.map(({ host }) => host), ...Object.keys(others)],
  handle({ url }, world) {
    const { hostname: host, pathname, search } = url
    if (pathname === '/') return html(200, host, '<a href="/login">Log in</a>')
    const other = others[host]
    if (other) return other(decodeURIComponent(pathname.split('/').findLast((part) => part !== '') ?? ''))
    const site = accountSites.find((one) => one.host === host)!
    const name = nameIn(site, decodeURIComponent(pathname + search))
    return name === undefined ? missing() : profile(site, name, accountAt(world, site, name))
  },
}

function nameIn({ profile: path }: AccountSite, asked: string): string | undefined {
  const [before = '', after = ''] = path.split('{}')
  const name = asked.slice(before.length, asked.length - after.length)
  return asked.startsWith(before) && asked.endsWith(after) && /^[\w.-]+$/.test(name) ? name : undefined
}

function accountAt(world: World, { id }: AccountSite, name: string): Account | undefined {
  return world.accounts.find(({ site, username }) => site === id && username === name.toLowerCase())
}

function profile({ id }: AccountSite, name: string, account: Account | undefined): ProviderReply {
  if (id === 'hub.docker.com')
    return account
      ? json({ id: '0a1b2c', username: account.username, full_name: account.name ?? '', type: 'User' })
      : json({ message: 'User not found', errinfo: {} }, 404)
  if (id === 'gitlab.com') return json(account ? [{ id: 41, username: account.username, state: 'active' }] : [])
  if (!account) return id === 'news.ycombinator.com' ? html(200, '', 'No such user.') : missing()
  return html(200, account.name ?? name, `<h1>${account.name ?? name}</h1><p>${account.bio ?? ''}</p>`)
}

function missing(): ProviderReply {
  return html(404, 'Page not found', '<h1>404</h1>')
}

function html(status: number, title: string, body: string): ProviderReply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body>${body}</body></html>`,
  }
}
