import { contentId } from '@mirage/model/id.ts'
import { ModuleError } from '@mirage/module-sdk/error.ts'
import { type Case, testModule } from '@mirage/module-sdk/harness.ts'
import type { HttpMock } from '@mirage/module-sdk/replay.ts'
import { expect, test } from 'vitest'
import { module } from './module.ts'
import sites from './sites.json' with { type: 'json' }

const name = 'northwind-dev'
const control = `zq${contentId(name).slice(0, 12)}`
const probe = (site: string, who: string): string => sites.find((one) => one.site === site)!.probe.replace('{}', who)

/** Every site answers 404 but these. */
function except(answers: Record<string, HttpMock[]>): Pick<Case, 'http'> {
  const others = sites
    .filter(({ site }) => !(site in answers))
    .map(({ site }) => ({ url: probe(site, name), status: 404 }))
  return { http: [...Object.values(answers).flat(), ...others] }
}

testModule(module, import.meta.dirname, {
  source: false,
  cases: [
    {
      name: 'believes a site only when it does not know a name that nobody has',
      given: name,
      ...except({
        'github.com': [{ url: probe('github.com', name) }, { url: probe('github.com', control), status: 404 }],
        'dev.to': [{ url: probe('dev.to', name) }, { url: probe('dev.to', control) }],
        'news.ycombinator.com': [{ url: probe('news.ycombinator.com', name), body: 'No such user.' }],
        't.me': [
          { url: probe('t.me', name), body: '<div class="tgme_page_title">' },
          { url: probe('t.me', control), body: '<div class="tgme_page">' },
        ],
        'keybase.io': [
          {
            url: probe('keybase.io', name),
            headers: { 'content-type': 'text/html' },
            body: '<title>Just a moment...</title>',
          },
        ],
        'bsky.app': [
          { url: probe('bsky.app', name), body: {} },
          { url: probe('bsky.app', control), status: 400 },
        ],
      }),
      expect: [
        '-account-> account:github.com/northwind-dev',
        '-account-> account:t.me/northwind-dev',
        '-account-> account:bsky.app/northwind-dev.bsky.social',
      ],
    },
    {
      name: 'believes no site whose control brought no verdict',
      given: name,
      ...except({
        'github.com': [{ url: probe('github.com', name) }, { url: probe('github.com', control), status: 503 }],
        'dev.to': [
          { url: probe('dev.to', name) },
          {
            url: probe('dev.to', control),
            fails: new ModuleError('timed-out', 'dev.to gave no complete answer within 15000 ms.'),
          },
        ],
      }),
      expect: [],
      outcome: 'timed-out',
    },
    { name: 'finds the name nowhere', given: name, ...except({}), expect: [] },
  ],
})

test('each site is named once and asked over TLS with a place for the name', () => {
  expect(new Set(sites.map(({ site }) => site)).size).toBe(sites.length)
  expect(sites.filter(({ probe }) => !/^https:\/\/.*\{\}/.test(probe))).toEqual([])
})
