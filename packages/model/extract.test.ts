import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extract, extractableTypes } from './extract.ts'
import { isCanonical } from './registry.ts'

function found(text: string, ...types: Parameters<typeof extract>[1] & string[]): string[] {
  return extract(text, types.length > 0 ? types : undefined).map(({ type, value }) => `${type}:${value}`)
}

describe('entities in free text', () => {
  it.each([
    [
      'See https://example.com/a_(b), (http://example.org/x). <a href="https://a.example/?q=1">',
      ['url:https://example.com/a_(b)', 'url:http://example.org/x', 'url:https://a.example/?q=1'],
      'url',
    ],
    [
      'Write to Jane.Doe@example.com, or <bob@example.org>; image@2x.png, mailto:x@example.net?subject=1',
      ['email:jane.doe@example.com', 'email:bob@example.org', 'email:x@example.net'],
      'email',
    ],
    ['jane[at]example[.]com, jane (at) nowhere', ['email:jane@example.com'], 'email'],
    [
      'www.example.com, a.github.io. main.py readme.md console.info("x") /static/app.js foo.png 请看example.com。',
      ['domain:www.example.com', 'domain:a.github.io', 'domain:example.com'],
      'domain',
    ],
    [
      'bücher.example and XN--BCHER-KVA.example',
      ['domain:xn--bcher-kva.example', 'domain:xn--bcher-kva.example'],
      'domain',
    ],
    [
      '1.2.3.4, 1.2.3.4.5, v1.2.3.4, 999.1.1.1, 10.0.0.0/8, http://1.2.3.5/24, 2001:db8::1, a::b, 12:30:45',
      ['ip-address:1.2.3.4', 'ip-address:1.2.3.5', 'ip-address:2001:db8::1'],
      'ip-address',
    ],
    ['10.0.0.0/8 and 2001:db8::/32, 1/2, 10.0.0.0/99', ['netblock:10.0.0.0/8', 'netblock:2001:db8::/32'], 'netblock'],
    ['AS64500, ASN 64501, BAS64500, ASCII', ['asn:AS64500', 'asn:AS64501'], 'asn'],
    [
      '+44 20 7946 0958; call +1-202-555-0143! +12, a+442079460958',
      ['phone:+442079460958', 'phone:+12025550143'],
      'phone',
    ],
    [
      'DE89 3704 0044 0532 0130 00 AND MORE, XDE89370400440532013000',
      ['bank-account:DE89370400440532013000'],
      'bank-account',
    ],
    [
      '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      [
        'crypto-address:btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
        'crypto-address:eth:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
      ],
      'crypto-address',
    ],
    [
      '(d41d8cd98f00b204e9800998ecf8427e) 12345678901234567890123456789012',
      ['hash:md5:d41d8cd98f00b204e9800998ecf8427e'],
      'hash',
    ],
    ['fixes CVE-2021-44228, cve-2021-1', ['vulnerability:CVE-2021-44228'], 'vulnerability'],
    [
      "ga('create', 'UA-1234567-1'); GTM-ABC123 x-GTM-ABC123 ca-pub-1234567890123456 fbq('init', '12345678901')",
      [
        'fingerprint:analytics:UA-1234567',
        'fingerprint:analytics:GTM-ABC123',
        'fingerprint:analytics:ca-pub-1234567890123456',
        'fingerprint:analytics:fb-12345678901',
      ],
      'fingerprint',
    ],
    [
      'https://github.com/acme https://twitter.com/Acme https://github.com/features https://example.com/me',
      ['account:github.com/acme', 'account:x.com/acme'],
      'account',
    ],
    ['https://github.com/acme/site/issues', ['code-repository:github.com/acme/site'], 'code-repository'],
    ['http://acme.s3.amazonaws.com/a.png', ['cloud-bucket:s3:acme'], 'cloud-bucket'],
    [
      'http://pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion/',
      ['onion-service:pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'],
      'onion-service',
    ],
  ] as const)('%s', (text, expected, type) => {
    expect(found(text, type)).toEqual(expected)
  })

  it('stand where the text has them, defanged or not', () => {
    const text = 'é hxxps://evil[.]example/path and jane[at]example[.]com, then 1.2.3[.]4'
    expect(extract(text, ['url', 'email', 'ip-address'])).toEqual([
      { type: 'url', value: 'https://evil.example/path', raw: 'hxxps://evil[.]example/path', index: 2 },
      { type: 'email', value: 'jane@example.com', raw: 'jane[at]example[.]com', index: 34 },
      { type: 'ip-address', value: '1.2.3.4', raw: '1.2.3[.]4', index: 62 },
    ])
  })

  it('are canonical, in order and where they say, whatever the text', () => {
    const pieces = fc.constantFrom(
      'example.com',
      '@',
      'jane',
      '.',
      '/',
      ':',
      '//',
      'http',
      '://',
      '1.2.3.4',
      '[.]',
      ' ',
      '<',
      '"',
      'é',
      '漢',
      '+44 20 7946 0958',
      'AS1',
      '::1',
      '(',
      ')',
      '-',
      '_',
      'hxxp',
      '\n',
      '%',
      '#',
    )
    const text = fc
      .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 40 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (text) => {
        const all = extract(text)
        expect(all.filter(({ type, value }) => !isCanonical(type, value))).toEqual([])
        expect(all.filter(({ raw, index }) => text.slice(index, index + raw.length) !== raw)).toEqual([])
        expect(all.map(({ index }) => index)).toEqual(all.map(({ index }) => index).sort((a, b) => a - b))
      }),
      { numRuns: 2_000 },
    )
  })

  /** Two million characters each: what is not linear does not end within the time a test has. */
  it.each([
    'a',
    '.',
    'a.',
    '@',
    'a@',
    'a@a.',
    '-',
    '1.',
    ':',
    '::',
    'f:',
    '1:',
    '+',
    '+1',
    '+12345678 ',
    'http://',
    '://',
    'http://a',
    '[.]',
    'hxxp[:]//',
    '[',
    '(',
    'AS1',
    'AS1 ',
    'DE89 ',
    'DE89370400440532013000',
    '0x',
    'abcdef0123456789',
    '1',
    '漢.',
    'é',
    '漢',
    '\ud800',
    'CVE-2021-',
    '.onion',
    'UA-1234-',
    'bc1q',
    'https://github.com/a/',
    '<a href="',
    'a/',
    '%41',
    '_',
    '\n',
    ' ',
  ])('do not slow down over and over %j', (piece) => {
    const text = piece.repeat(Math.ceil(2_000_000 / piece.length))
    expect(extract(text).every(({ value }) => value !== '')).toBe(true)
  })

  it('can be told for each type that says so', () => {
    expect(extractableTypes).toContain('domain')
    expect(extractableTypes).not.toContain('person')
  })
})
