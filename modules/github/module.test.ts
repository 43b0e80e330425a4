import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const api = 'https://api.github.com'
const file = (name: string): string => fixture(import.meta.dirname, name)
const many = Array.from({ length: 100 }, (_, i) => ({ full_name: `ada-larsen/tool-${i}`, fork: i > 0 }))

testModule(module, import.meta.dirname, {
  pages: 'yields the person behind a username and follows the pages of repositories',
  cases: [
    {
      name: 'yields an organisation with its own repositories and public members',
      given: 'account:github.com/northwind-dev',
      http: [
        { url: `${api}/users/northwind-dev`, body: file('organization.json') },
        { url: `${api}/users/northwind-dev/repos?type=owner&per_page=100`, body: file('repositories.json') },
        { url: `${api}/orgs/northwind-dev/public_members?per_page=100`, body: file('members.json') },
      ],
      expect: [
        '= account:github.com/northwind-dev {"kind":"Organization","name":"Northwind Trading","bio":"Trade, in code","createdAt":"2014-03-01T09:00:00Z"}',
        '<-account- username:northwind-dev',
        '-website-> url:https://www.northwind.example/',
        '-contains-> code-repository:github.com/northwind-dev/storefront {"description":"The shop front","language":"TypeScript","pushedAt":"2025-12-01T09:00:00Z"}',
        '-member-> account:github.com/ada-larsen',
      ],
    },
    {
      name: 'yields the person behind a username and follows the pages of repositories',
      given: 'username:ada-larsen',
      http: [
        { url: `${api}/users/ada-larsen`, body: file('user.json') },
        { url: `${api}/users/ada-larsen/repos?type=owner&per_page=100`, body: many },
        { url: `${api}/users/ada-larsen/repos?type=owner&per_page=100&page=2`, body: [] },
      ],
      expect: [
        '-account-> account:github.com/ada-larsen {"kind":"User","name":"Ada Larsen","company":"@northwind-dev","bio":"Builds things","createdAt":"2015-03-01T09:00:00Z"}',
        'account:github.com/ada-larsen <-account- person:account:github.com/ada-larsen|Ada Larsen',
        'account:github.com/ada-larsen -social_media_profile-> account:x.com/adabuilds',
        'account:github.com/ada-larsen -mentions-> email:ada@northwind.example',
        'account:github.com/ada-larsen -website-> url:https://blog.northwind.example/',
        'account:github.com/ada-larsen -contains-> code-repository:github.com/ada-larsen/tool-0',
      ],
    },
    {
      name: 'tells a spent limit from a refused key',
      given: 'username:ada-larsen',
      http: [{ url: `${api}/users/ada-larsen`, status: 403, headers: { 'x-ratelimit-remaining': '0' }, body: {} }],
      outcome: 'rate-limited',
      expect: [],
    },
    {
      name: 'asks with a token where there is one',
      keyed: true,
      given: 'username:ada-larsen',
      http: [
        {
          url: `${api}/users/ada-larsen`,
          sentHeaders: { authorization: 'Bearer test-key-0123456789' },
          body: { login: 'ada-larsen', type: 'User' },
        },
        {
          url: `${api}/users/ada-larsen/repos?type=owner&per_page=100`,
          sentHeaders: { authorization: 'Bearer test-key-0123456789' },
          body: [],
        },
      ],
      expect: ['-account-> account:github.com/ada-larsen {"kind":"User"}'],
    },
    {
      name: 'finds nobody',
      given: 'username:nobody',
      http: [{ url: `${api}/users/nobody`, status: 404, body: {} }],
      expect: [],
    },
    { name: 'asks nothing about accounts elsewhere', given: 'account:x.com/northwindtrade', expect: [] },
  ],
})
