import { contentId } from '@mirage/model/id.ts'
import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { readRobots, readSecurityText, readSitemap } from './files.ts'
import type { HttpMock } from '@mirage/module-sdk/replay.ts'
import { module } from './module.ts'

const site = 'https://www.northwind.example'
const html = { 'content-type': 'text/html; charset=utf-8' }
const plain = { 'content-type': 'text/plain' }
const xml = { 'content-type': 'application/xml' }
/** The answer for a path that cannot exist. */
const control = (status: number, body = ''): HttpMock => ({
  url: `${site}/${contentId('www.northwind.example').slice(0, 12)}`,
  status,
  headers: html,
  body,
})
const described = (type: string, title?: string): string =>
  JSON.stringify({ status: 200, ...(title === undefined ? {} : { title }), contentType: type })
const page = fixture(import.meta.dirname, 'contact.html')

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the links and forms of a page, and the hosts it names',
      given: `${site}/contact`,
      http: [{ url: `${site}/contact`, headers: html, body: page }, control(404)],
      expect: [
        `= url:${site}/contact #page ${described('text/html; charset=utf-8', 'Contact')}`,
        `-links_to-> url:${site}/products?page=1`,
        `-links_to-> url:${site}/about`,
        `-links_to-> url:${site}/`,
        `-links_to-> url:https://shop.northwind.example/cart`,
        '-mentions-> domain:shop.northwind.example',
        '-links_to-> url:https://maps.test/embed?q=1',
        '-mentions-> domain:maps.test',
        '-links_to-> url:http://198.18.0.77/old',
        '-mentions-> ip-address:198.18.0.77',
        `-links_to-> url:${site}/app.js`,
        `-links_to-> url:${site}/contact/send`,
        `-contains-> web-form:${site}/contact|POST /contact/send {"action":"${site}/contact/send","method":"post","fields":["name:text","message:textarea"]}`,
        '-links_to-> url:https://login.northwind.example/session',
        '-mentions-> domain:login.northwind.example',
        `-contains-> web-form:${site}/contact|GET https://login.northwind.example/session #login {"action":"https://login.northwind.example/session","method":"get","fields":["user:text","pass:password"]}`,
      ],
    },
    {
      name: 'asks for the well-known files of a site at its root, and takes those that are what they should be',
      given: `${site}/`,
      http: [
        { url: `${site}/`, headers: html, body: '<title>Home</title><p>Welcome' },
        control(404),
        { url: `${site}/robots.txt`, headers: plain, body: 'User-agent: *' },
        { url: `${site}/sitemap.xml`, headers: html, body: '<p>Not found' },
        { url: `${site}/.well-known/security.txt`, status: 404, headers: plain },
      ],
      expect: [
        `= url:${site}/ #page ${described('text/html; charset=utf-8', 'Home')}`,
        `-links_to-> url:${site}/robots.txt`,
      ],
    },
    {
      name: 'reads robots.txt',
      given: `${site}/robots.txt`,
      http: [
        {
          url: `${site}/robots.txt`,
          headers: plain,
          body: `User-agent: *\r\nDisallow: /\nDisallow: /internal/ # not yet\nDisallow: /*.php$\nAllow: /internal/press\nSitemap: ${site}/map.xml\nDisallow:\n`,
        },
      ],
      expect: [
        `= url:${site}/robots.txt #page ${described('text/plain')}`,
        `-links_to-> url:${site}/internal/`,
        `-links_to-> url:${site}/internal/press`,
        `-links_to-> url:${site}/map.xml`,
      ],
    },
    {
      name: 'reads a site map',
      given: `${site}/map.xml`,
      http: [
        {
          url: `${site}/map.xml`,
          headers: xml,
          body: `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> ${site}/a?x=1&amp;y=2 </loc></url><url><loc>${site}/b</loc><lastmod>2026-01-01</lastmod></url></urlset>`,
        },
      ],
      expect: [
        `= url:${site}/map.xml #page ${described('application/xml')}`,
        `-links_to-> url:${site}/a?x=1&y=2`,
        `-links_to-> url:${site}/b`,
      ],
    },
    {
      name: 'reads security.txt',
      given: `${site}/.well-known/security.txt`,
      http: [
        {
          url: `${site}/.well-known/security.txt`,
          headers: plain,
          body: `Contact: mailto:security@northwind.example\nContact: tel:+44-20-7946-0100\nPolicy: ${site}/policy\nExpires: 2045-01-01T00:00:00Z\n`,
        },
      ],
      expect: [
        `= url:${site}/.well-known/security.txt #page ${described('text/plain')}`,
        '-mentions-> email:security@northwind.example',
        `-links_to-> url:${site}/policy`,
      ],
    },
    {
      name: 'says where a page moved and leaves it there',
      given: `${site}/old`,
      http: [{ url: `${site}/old`, status: 308, headers: { location: 'new#x' } }],
      expect: [`-redirects_to-> url:${site}/new {"redirect":308}`],
    },
    {
      name: 'says nothing of a site that answers everything alike',
      given: `${site}/anything?x=1`,
      http: [
        { url: `${site}/anything?x=1`, headers: html, body: `<a href="/anything?x=1">here</a><a href="/other">x</a>` },
        control(200, `<a href="/${contentId('www.northwind.example').slice(0, 12)}">here</a><a href="/other">x</a>`),
      ],
      expect: [],
    },
    {
      name: 'says of a parked page only that it is one',
      given: `${site}/`,
      http: [
        {
          url: `${site}/`,
          headers: html,
          body: '<title>x</title><p>The domain northwind.example may be for sale. <a href="https://loans.test/">Loans</a>',
        },
      ],
      expect: [`= url:${site}/ #parked ${described('text/html; charset=utf-8', 'x')}`],
    },
    {
      name: 'says nothing of an error page',
      given: `${site}/gone`,
      http: [{ url: `${site}/gone`, status: 404, headers: html, body: '<a href="/">Home</a>' }],
      expect: [],
    },
    { name: 'does not fetch pictures and archives', given: `${site}/logo.PNG`, expect: [] },
    { name: 'does not follow a path that repeats itself', given: `${site}/a/b/a/b/a/b/a/b`, expect: [] },
  ],
})

test('no text makes the readers throw, and they answer URLs of the web only', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      const urls = [
        ...readRobots(`Disallow: /${text}\n${text}`, `${site}/robots.txt`),
        ...(readSitemap(`<urlset><loc>${text}</loc>`, site) ?? []),
        ...readSecurityText(`Policy: ${text}\n${text}`).urls,
      ]
      for (const url of urls) expect(url).toMatch(/^https?:\/\//i)
    }),
  )
})
