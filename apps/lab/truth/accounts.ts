import { accountSites, type Account } from '../world/account.ts'
import { type Fact, type Oracle, saw, sawFrom, type Thing, thing } from './fact.ts'

/** The account's value, as the model writes it. */
export function accountOf({ site, username }: Pick<Account, 'site' | 'username'>): Thing {
  return thing('account', site === 'linkedin.com' ? `linkedin.com/company/${username}` : `${site}/${username}`)
}

export const accountOracles: readonly Oracle[] = [
  {
    id: 'github',
    contact: 'stored',
    consumes: ({ type, value }) => type === 'username' || (type === 'account' && value.startsWith('github.com/')),
    *facts(asked, world) {
      const login = asked.value.replace('github.com/', '')
      const profile = world.accounts.find(({ site, username }) => site === 'github.com' && username === login)
      if (!profile) return
      const account = accountOf(profile)
      if (asked.type === 'username') yield saw(asked, 'account', 'account', account.value)
      else yield sawFrom(account, 'account', 'username', login)
      yield* profileFacts(account, profile)
    },
  },
  {
    id: 'username-sites',
    contact: 'stored',
    consumes: ({ type }) => type === 'username',
    *facts(asked, world) {
      for (const account of world.accounts)
        if (account.username === asked.value && accountSites.find(({ id }) => id === account.site)?.probed)
          yield saw(asked, 'account', 'account', accountOf(account).value)
    },
  },
]

function* profileFacts(
  account: Thing,
  { kind, name, email, blog, repositories, members, username }: Account,
): Generator<Fact> {
  if (kind === 'person' && name !== undefined)
    yield sawFrom(account, 'account', 'person', `account:${account.value}|${name}`)
  if (email !== undefined) yield saw(account, 'mentions', 'email', email)
  if (blog !== undefined) yield saw(account, 'website', 'url', blog)
  for (const repository of repositories)
    if (!repository.fork) yield saw(account, 'contains', 'code-repository', `github.com/${username}/${repository.name}`)
  for (const member of members) yield saw(account, 'member', 'account', `github.com/${member}`)
}
