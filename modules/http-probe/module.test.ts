import { testModule } from '@mirage/module-sdk/harness.ts'
import { faviconHash } from './favicon.ts'
import { module } from './module.ts'

const icon = new Uint8Array([0, 0, 1, 0, 1, 0, 16, 16])
const html = { 'content-type': 'text/html; charset=utf-8' }
const home = `<!doctype html><html><head><title> Northwind
  Traders </title><meta name="generator" content="WordPress 6.5.2"><link rel="shortcut icon" href="/i.ico">
  <script src="/wp-includes/js/jquery/jquery.min.js"></script></head><body>Hello</body></html>`
const login = '<form><input name=user><input name=pass type=password></form>'
const down = Object.assign(new Error('The connection to the host failed.'), { outcome: 'unreachable' })
const refused = Object.assign(new Error('other.test is not in scope.'), { outcome: 'out-of-scope' })

function size(text: string): number {
  return new TextEncoder().encode(text).length
}

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'describes the site, follows http to https once, and takes any certificate',
      given: 'northwind.example',
      http: [
        {
          url: 'https://northwind.example/',
          headers: { ...html, server: 'nginx/1.24.0', 'x-powered-by': 'PHP/8.2.7' },
          body: home,
        },
        {
          url: 'http://northwind.example/',
          status: 301,
          headers: { location: 'https://northwind.example/#top', server: 'nginx' },
        },
        { url: 'https://northwind.example/i.ico', headers: { 'content-type': 'image/x-icon' }, body: icon },
      ],
      expect: [
        `-website-> url:https://northwind.example/ {"status":200,"title":"Northwind Traders","server":"nginx/1.24.0","poweredBy":"PHP/8.2.7","contentType":"text/html; charset=utf-8","length":${size(home)},"address":"192.0.2.80"}`,
        'url:https://northwind.example/ -product_used-> technology:nginx {"version":"1.24.0"}',
        'url:https://northwind.example/ -product_used-> technology:php {"version":"8.2.7"}',
        'url:https://northwind.example/ -product_used-> technology:wordpress {"version":"6.5.2"}',
        'url:https://northwind.example/ -product_used-> technology:jquery',
        `url:https://northwind.example/ -uses_fingerprint-> fingerprint:favicon-mmh3:${faviconHash(icon)}`,
        '-website-> url:http://northwind.example/ {"status":301,"server":"nginx","location":"https://northwind.example/#top","length":0,"address":"192.0.2.80"}',
        'url:http://northwind.example/ -redirects_to-> url:https://northwind.example/ {"redirect":301}',
      ],
    },
    {
      name: 'says where it redirects to and does not follow out of scope',
      given: 'shop.northwind.example',
      http: [
        { url: 'https://shop.northwind.example/', fails: down },
        { url: 'http://shop.northwind.example/', status: 302, headers: { location: '//other.test/shop?a=1' } },
        { url: 'http://other.test/shop?a=1', fails: refused },
      ],
      expect: [
        '-website-> url:http://shop.northwind.example/ {"status":302,"location":"//other.test/shop?a=1","length":0,"address":"192.0.2.80"}',
        'url:http://shop.northwind.example/ -redirects_to-> url:http://other.test/shop?a=1 {"redirect":302}',
      ],
    },
    {
      name: 'leaves redirects that go round',
      given: 'loop.northwind.example',
      http: [
        { url: 'https://loop.northwind.example/', status: 302, headers: { location: '/a' } },
        { url: 'https://loop.northwind.example/a', status: 302, headers: { location: '/' } },
        { url: 'http://loop.northwind.example/', fails: down },
      ],
      expect: [
        '-website-> url:https://loop.northwind.example/ {"status":302,"location":"/a","length":0,"address":"192.0.2.80"}',
        'url:https://loop.northwind.example/ -redirects_to-> url:https://loop.northwind.example/a {"redirect":302}',
        'url:https://loop.northwind.example/a -redirects_to-> url:https://loop.northwind.example/ {"redirect":302}',
      ],
    },
    {
      name: 'asks a web port by its address and reports errors without reading them',
      given: 'open-port:[2001:db8::1]:8443/tcp',
      http: [{ url: 'https://[2001:db8::1]:8443/', status: 404, headers: html, body: '<title>Not found</title>' }],
      expect: [
        '-website-> url:https://[2001:db8::1]:8443/ {"status":404,"contentType":"text/html; charset=utf-8","length":24,"address":"192.0.2.80"}',
      ],
    },
    {
      name: 'tags what stands before a site, and pages that ask for a password',
      given: 'login.northwind.example',
      http: [
        {
          url: 'https://login.northwind.example/',
          headers: { ...html, server: 'cloudflare', 'x-iinfo': '1-2-3' },
          body: login,
        },
        {
          url: 'http://login.northwind.example/',
          status: 403,
          headers: { ...html, 'cf-mitigated': 'challenge' },
          body: 'wait',
        },
        { url: 'https://login.northwind.example/favicon.ico', status: 404 },
      ],
      expect: [
        `-website-> url:https://login.northwind.example/ #cdn #login #waf {"status":200,"server":"cloudflare","contentType":"text/html; charset=utf-8","length":${size(login)},"address":"192.0.2.80"}`,
        'url:https://login.northwind.example/ -product_used-> technology:cloudflare',
        '-website-> url:http://login.northwind.example/ #waf {"status":403,"contentType":"text/html; charset=utf-8","length":4,"address":"192.0.2.80"}',
      ],
    },
    {
      name: 'says that nothing answers',
      given: 'mail.northwind.example',
      http: [
        { url: 'https://mail.northwind.example/', fails: down },
        { url: 'http://mail.northwind.example/', fails: down },
      ],
      outcome: 'unreachable',
      expect: [],
    },
    {
      name: 'leaves ports that are not of the web',
      given: 'open-port:198.18.0.1:22/tcp',
      outcome: 'skipped',
      expect: [],
    },
  ],
})
