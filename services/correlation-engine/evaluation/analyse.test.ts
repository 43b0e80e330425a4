import { expect, it } from 'vitest'
import { compileRule } from '../language/compile.ts'
import { readRule, type RuleTest } from '../language/rule.ts'
import { tryRule } from '../testing/try-rule.ts'

const rule = (analyse: string, more = '') => `
id: some-rule
title: T
severity: low
summary: S
group: entity
entity: { type: domain }
because: it is the zone
joined:
  mail: { over: mail_server, direction: out, because: takes mail }
  web: { over: website, direction: out, because: is a site }
${more}
analyse: [${analyse}]
headline: '{mail.count} of {entity}: {mail}'
explanation: '{web}'
tests: [{ name: a, saw: [], says: [] }, { name: b, saw: [], says: [] }]
`
const saw: RuleTest['saw'] = [
  { from: 'domain northwind.example', edge: 'mail_server', see: 'domain mail.northwind.example' },
  { from: 'domain northwind.example', edge: 'mail_server', see: 'domain mx.letterbox.example' },
  { from: 'domain northwind.example', edge: 'website', see: 'url https://www.northwind.example/' },
]

async function headlines(text: string): Promise<string[]> {
  const fired = await tryRule(compileRule(readRule('some.yaml', text)), { name: 'a', saw, says: [] })
  return fired.map(({ content }) => content.title)
}

it('keeps what both sets have', async () => {
  expect(await headlines(rule('{ both: { of: mail, and: web, by: apex } }'))).toEqual([
    '1 of northwind.example: mail.northwind.example',
  ])
})

it('keeps what only the first set has', async () => {
  expect(await headlines(rule('{ only: { of: mail, notIn: web, by: apex } }'))).toEqual([
    '1 of northwind.example: mx.letterbox.example',
  ])
})

it('says nothing when too little is kept', async () => {
  expect(await headlines(rule('{ both: { of: mail, and: web, by: apex, least: 2 } }'))).toEqual([])
})

it('groups by what entities have in common', async () => {
  const byTitle = `
id: same-title
title: T
severity: info
summary: S
group: { attribute: title }
entity: { type: url, attributes: { title: { exists: true } } }
because: 'shows {it.title}'
members: { least: 2, distinct: apex }
headline: '{members.count} show “{key}”'
explanation: '{members}'
tests: [{ name: a, saw: [], says: [] }, { name: b, saw: [], says: [] }]
`
  const page = (url: string, title: string) => ({ see: `url ${url}`, attributes: { title } })
  const fired = await tryRule(compileRule(readRule('same-title.yaml', byTitle)), {
    name: 'a',
    saw: [
      page('https://a.example/', 'Login'),
      page('https://b.example/', 'Login'),
      page('https://c.example/', 'Shop'),
      page('https://www.c.example/', 'Shop'),
    ],
    says: [],
  })
  expect(fired.map(({ content }) => content.title)).toEqual(['2 show “Login”'])
  expect(fired[0]!.content.evidence.map(({ text }) => text)).toEqual(['shows Login', 'shows Login'])
})
