import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordTypes } from '@mirage/model/exchange.ts'
import { bytes, filled, garbled, hostileRecord, oddValues, randomBytes, statuses, types } from './odd.ts'
import type { Chance } from './seed.ts'
import type { Hostility } from './transport.ts'

function certificate(name: string): Uint8Array {
  const pem = readFileSync(join(import.meta.dirname, '../../modules/tls-certificate/fixtures', name), 'utf8')
  return new Uint8Array(Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64'))
}

const megabyte = 1 << 20

/** Answers every request with this. */
function answers(headers: Record<string, string>, body: Uint8Array): Hostility {
  return { http: () => ({ headers, body }) }
}

/** `text` without end, also from WHOIS servers, who may say something else; theirs ends after a megabyte. */
function floods(headers: Record<string, string>, text: string, said = text): Hostility {
  return { ...answers(headers, filled(text)), whois: () => said.repeat(megabyte / said.length) }
}

/** Peers that mean ill or are broken, by what they answer: the same for every module and question. */
export const hostilities: Record<string, (chance: Chance) => Hostility> = {
  'an empty answer': () => ({ http: () => ({}), dns: () => ({}), whois: () => '', chain: () => [] }),
  'endless HTML': () => answers(types.html, filled('<p>a <a href="/b">c</a> d@e.example ')),
  'endless open elements': () => answers(types.html, filled('<div><a href="x">')),
  'endless blanks': () => floods(types.html, ' '),
  'one endless word': () => floods(types.html, 'a'),
  'endless digits': () => floods(types.plain, '1'),
  'endless dots': () => floods(types.plain, 'a.'),
  'endless signs': () => floods(types.script, '@', ': '),
  'endless addresses': () => answers(types.plain, filled('a@b.example,+4420794609 58;')),
  'endless quotes': () => answers(types.html, filled(`"'<!--`)),
  'endless lines': () => floods(types.plain, 'a,b\n', 'a: b\n'),
  'endless colons': () => floods(types.plain, '::', '\n\n:'),
  'an endless site map': () => answers(types.xml, filled('<urlset><url><loc>https://x.example/a</loc>')),
  'an endless robots.txt': () => answers(types.plain, filled('Disallow: /a\nSitemap: /b\n')),
  'an endless array': () => answers(types.json, filled('[{},')),
  'a large array that ends': () => answers(types.json, bytes(`[${'{},'.repeat(300_000)}{}]`)),
  'deep JSON': () => answers(types.json, bytes('['.repeat(100_000) + ']'.repeat(100_000))),
  'deeper JSON': () => answers(types.json, bytes('{"data":'.repeat(500_000))),
  'JSON of a scalar': (chance) => ({
    http: () => ({ headers: types.json, body: bytes(JSON.stringify(chance.one(oddValues)) ?? '0') }),
  }),
  'a number too large': () => answers(types.json, bytes('[1e999]')),
  'a byte order mark': () => ({
    http: () => ({ headers: types.json, body: bytes('\ufeff{}') }),
    whois: () => '\ufeff',
  }),
  'invalid UTF-8': (chance) => ({
    http: () => ({ headers: types.html, body: randomBytes(chance, 20_000) }),
    whois: () => Buffer.from(randomBytes(chance, 20_000)).toString('latin1'),
    banner: () => randomBytes(chance, 1_024),
    chain: () => [randomBytes(chance, 500), randomBytes(chance, 0)],
  }),
  'an unknown character set': (chance) => ({
    http: () => ({ headers: { 'content-type': 'text/html; charset=x-none' }, body: randomBytes(chance, 2_000) }),
  }),
  'UTF-16 cut in half': () => ({
    http: () => ({ headers: { 'content-type': 'text/html; charset=utf-16le' }, body: filled('a').subarray(0, 2_001) }),
  }),
  'a redirect to itself': () => ({ http: (url) => ({ status: 302, headers: { location: url } }) }),
  'redirects without end': () => ({ http: (url, nth) => ({ status: 301, headers: { location: `${url}${nth}` } }) }),
  'redirects that lead nowhere': (chance) => ({
    http: (_, nth) => ({
      status: 300 + (nth % 9),
      headers: {
        location: chance.one([
          '',
          'http://',
          '//',
          'javascript:1',
          'https://[::',
          'http://\0',
          '\ud800',
          '%',
          'data:,',
        ]),
      },
    }),
  }),
  'statuses of all kinds': () => ({
    http: (_, nth) => ({ status: [100, 204, 206, 304, 418, 500, 599, 999, 0][nth % 9]! }),
  }),
  'huge headers': () => ({
    http: () => ({
      headers: {
        'content-type': 'text/html',
        server: 'nginx/'.repeat(1e4),
        location: `/${'a'.repeat(6e4)}`,
        via: '('.repeat(6e4),
        'x-powered-by': ['PHP/'.repeat(9e3), ''],
        'set-cookie': Array.from({ length: 5e3 }, (_, i) => `${i}=${'=;'.repeat(9)}`),
        link: '<a>; rel=next,'.repeat(4e3),
        'content-security-policy': "'self' ".repeat(9e3),
        'x-ratelimit-remaining': 'x',
      },
      body: bytes('<title>x</title>'),
    }),
  }),
  'headers that come twice': () => ({
    http: (url) => ({
      headers: { 'content-type': ['text/html', 'text/plain'], location: [url, ''], link: ['', '<'] },
      body: bytes('x'),
    }),
  }),
  'pages without end': () => ({
    http: (_, nth) => ({
      headers: { ...types.json, link: `<https://api.example/${nth}>; rel="next"` },
      body: bytes(
        JSON.stringify({ ...endless(nth), data: [endless(nth)], items: [endless(nth)], results: [endless(nth)] }),
      ),
    }),
  }),
  'lists without end': () => ({
    http: (_, nth) => ({
      headers: types.json,
      body: bytes(JSON.stringify(Array.from({ length: 100 }, (_, i) => endless(nth * 100 + i)))),
    }),
  }),
  'names that are none': (chance) => ({
    dns: (question) => ({
      status: chance.one(statuses),
      records: Array.from({ length: chance.below(8) }, () => hostileRecord(question, recordTypes, chance)),
    }),
    transfer: (zone) =>
      Array.from({ length: 500 }, () => hostileRecord({ name: zone, type: 'A' }, recordTypes, chance)),
  }),
  'thousands of records': (chance) => ({
    dns: ({ name, type }) => ({
      records: Array.from({ length: 3_000 }, (_, i) => ({
        name,
        type,
        ttl: 1,
        data: type === 'A' ? `198.18.${i >> 8}.${i & 255}` : `${i} x${i}.example`,
      })),
    }),
    transfer: (zone) =>
      Array.from({ length: 2_000 }, (_, i) => ({
        ...hostileRecord({ name: zone, type: 'A' }, ['TXT'], chance),
        name: `${i}.${zone}`,
      })),
  }),
  'aliases in a circle': () => ({
    dns: ({ name }) => ({
      records: [
        { name, type: 'CNAME', ttl: 0, data: `a.${name}` },
        { name: `a.${name}`, type: 'CNAME', ttl: 0, data: name },
      ],
    }),
  }),
  silence: () => ({ dns: () => ({ status: 'TIMEOUT' }) }),
  'a certificate without a name': () => ({ chain: () => [certificate('nameless.pem'), certificate('nameless.pem')] }),
  'a certificate that is damaged': (chance) => ({
    chain: () => {
      const der = certificate('leaf.pem').slice()
      for (let change = 0; change < 5; change++) der[chance.below(der.length)] = chance.below(256)
      return [der, certificate('ca.pem').subarray(0, 100), certificate('ca.pem')]
    },
  }),
  'banners of all kinds': (chance) => ({
    banner: () =>
      bytes(
        garbled(
          chance.one([
            'SSH-2.0-OpenSSH_9.6\r\n',
            '220 mail.example ESMTP Postfix\r\n',
            '+OK Dovecot ready',
            `220 ${'('.repeat(1_000)}`,
          ]),
          chance,
        ),
      ),
  }),
  'registrars that send us around': () => ({
    whois: (server, nth) =>
      `refer: whois${nth}.example\nDomain Name: X.EXAMPLE\nRegistrar WHOIS Server: ${nth % 2 === 0 ? server : 'whois.iana.org'}\nRegistrar: ${'é'.repeat(500)}\nCreation Date: 99999-99-99\nName Server: ..\nRegistrant Email: a@\n`,
  }),
}

/** A row that has every field by which lists go on, and looks new each time. */
function endless(nth: number): Record<string, unknown> {
  const text = String(nth)
  return {
    id: text,
    _id: text,
    name: `x${nth}.example`,
    next: text,
    cursor: text,
    has_more: true,
    total: 1e9,
    sort: [nth, text],
    dns_names: [`x${nth}.example`],
    full_name: `a/${nth}`,
    login: `user${nth}`,
    html_url: `https://github.com/a/${nth}`,
    meta: { results: 1e9, limit: 1, offset: nth },
    data: { emails: [{ value: `a${nth}@x.example` }], domain: 'x.example' },
  }
}
