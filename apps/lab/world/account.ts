import { type Person, personWithTitle } from './people.ts'

/** A site where people have accounts, by the host that serves its profiles. */
export interface AccountSite {
  /** The site as account values name it. */
  id: string
  host: string
  /** The path of a profile; `{}` is the username. */
  profile: string
  /** A search for a username looks here. */
  probed: boolean
}

/** The profile page's path, or its API's where only that can be asked. */
export const accountSites: readonly AccountSite[] = [
  { id: 'github.com', host: 'github.com', profile: '/{}', probed: true },
  { id: 'gitlab.com', host: 'gitlab.com', profile: '/api/v4/users?username={}', probed: true },
  { id: 'reddit.com', host: 'www.reddit.com', profile: '/user/{}', probed: true },
  { id: 'keybase.io', host: 'keybase.io', profile: '/{}', probed: true },
  { id: 'hub.docker.com', host: 'hub.docker.com', profile: '/v2/users/{}/', probed: true },
  { id: 'news.ycombinator.com', host: 'news.ycombinator.com', profile: '/user?id={}', probed: true },
  { id: 'mastodon.social', host: 'mastodon.social', profile: '/@{}', probed: true },
  { id: 'dev.to', host: 'dev.to', profile: '/{}', probed: true },
  { id: 'linkedin.com', host: 'www.linkedin.com', profile: '/company/{}', probed: false },
  { id: 'x.com', host: 'x.com', profile: '/{}', probed: false },
]

export interface Account {
  site: string
  username: string
  /** The person or organisation behind it, as the profile says. */
  name?: string
  kind: 'person' | 'organization'
  bio?: string
  /** The web site that the profile links. */
  blog?: string
  email?: string
  /** Own repositories; a fork is listed, too, and marked. */
  repositories: { name: string; description: string; language: string; fork: boolean }[]
  /** Usernames of public members, for an organisation. */
  members: string[]
}

/** Every account of the world. */
export function makeAccounts(people: readonly Person[]): Account[] {
  const engineer = personWithTitle(people, 'Head of Engineering')
  const reliability = personWithTitle(people, 'Site Reliability Engineer')
  const press = personWithTitle(people, 'Press Contact')
  const company: Omit<Account, 'site' | 'username'> = {
    kind: 'organization',
    name: 'Northwind Trading',
    repositories: [],
    members: [],
  }
  const accounts: Account[] = [
    {
      ...company,
      site: 'github.com',
      username: 'northwind-dev',
      bio: 'Trade, in code',
      blog: 'https://www.northwind.example/',
      email: 'opensource@northwind.example',
      repositories: [
        { name: 'storefront', description: 'The shop front', language: 'TypeScript', fork: false },
        { name: 'parcel-tracker', description: 'Where is my parcel', language: 'Go', fork: false },
        { name: 'left-pad', description: 'A fork', language: 'JavaScript', fork: true },
      ],
      members: [engineer.username, reliability.username],
    },
    { ...company, site: 'news.ycombinator.com', username: 'northwind-dev' },
    { ...company, site: 'x.com', username: 'northwindtrade' },
    { ...company, site: 'linkedin.com', username: 'northwind-trading' },
    { ...company, site: 'mastodon.social', username: 'northwind' },
    {
      site: 'github.com',
      username: engineer.username,
      kind: 'person',
      name: engineer.name,
      bio: 'Builds things',
      repositories: [{ name: 'dotfiles', description: 'Home', language: 'Shell', fork: false }],
      members: [],
    },
    {
      site: 'github.com',
      username: reliability.username,
      kind: 'person',
      name: reliability.name,
      blog: 'https://blog.northwind.example/',
      email: reliability.email,
      repositories: [{ name: 'runbooks', description: 'When it rings at night', language: 'Markdown', fork: false }],
      members: [],
    },
  ]
  for (const [person, sites] of [
    [engineer, ['gitlab.com', 'keybase.io', 'news.ycombinator.com']],
    [reliability, ['hub.docker.com', 'reddit.com', 'dev.to']],
    [press, ['mastodon.social', 'reddit.com']],
  ] as const)
    for (const site of sites)
      accounts.push({
        site,
        username: person.username,
        kind: 'person',
        name: person.name,
        repositories: [],
        members: [],
      })
  return accounts
}
