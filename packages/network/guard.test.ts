import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Contact } from '@mirage/model/contact.ts'
import { checkAddress, checkHost, checkQuestion, hostOf, ownAddresses, parseHost, parseUrl } from './guard.ts'
import { policy, reasonOf } from './testing/policy.ts'

/** What happens to a URL of an in-scope-or-not host given as a literal, as the HTTP way checks it. */
function reasonOfUrl(url: string, given = policy(), declared: Contact = 'stored'): string {
  return reasonOf(() => {
    const host = hostOf(parseUrl(url))
    checkHost(given, host, declared)
    if (host.address !== undefined) checkAddress(given, host.address, declared)
  })
}

describe('addresses that are never dialled', () => {
  test.each([
    ['unspecified', '0.0.0.0'],
    ['unspecified', '::'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['loopback', '::1'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['private', 'fd12::1'],
    ['link-local', '169.254.1.1'],
    ['link-local', 'fe80::1'],
    ['multicast', '224.0.0.1'],
    ['multicast', 'ff02::1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['carrier NAT', '100.64.0.1'],
    ['metadata', '169.254.169.254'],
    ['metadata', '100.100.100.200'],
    ['metadata', '168.63.129.16'],
    ['metadata', 'fd00:ec2::254'],
    ['documentation', '192.0.2.1'],
    ['benchmarking', '198.18.0.1'],
    ['mapped', '::ffff:127.0.0.1'],
    ['mapped, in hex', '::ffff:7f00:1'],
    ['compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::127.0.0.1'],
    ['6to4', '2002:7f00:1::'],
    ['6to4 of a public address', '2002:808:808::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:80ff:fffe'],
    ['translated', '::ffff:0:127.0.0.1'],
    ['NAT64 of local use', '64:ff9b:1::8.8.8.8'],
    ['ISATAP in a global prefix', '2a00:1450::5efe:10.0.0.1'],
    ['ISATAP, universal', '2a00:1450::200:5efe:8.8.8.8'],
    ['AS112', '192.175.48.1'],
    ['AS112', '2620:4f:8000::1'],
    ['6bone', '3ffe::1'],
    ['SRv6', '5f00::1'],
  ])('%s: %s', (_range, address) => {
    expect(reasonOf(() => checkAddress(policy(), address, 'stored', 'api.provider.example'))).toBe('special-address')
    expect(reasonOf(() => checkAddress(policy(), address, 'target', 'www.northwind.example'))).toBe('special-address')
  })

  test.each(['93.184.216.1', '::ffff:93.184.216.1', '64:ff9b::93.184.216.1'])('this machine: %s', (address) => {
    expect(reasonOf(() => checkAddress(policy(), address, 'stored', 'api.provider.example'))).toBe('own-address')
  })

  test('every address of this machine’s interfaces', () => {
    const own = ownAddresses(() => 0)
    const given = policy({ ownAddresses: own, targets: [] })
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    expect(addresses.length).toBeGreaterThan(0)
    for (const { address } of addresses)
      expect(reasonOf(() => checkAddress(given, address.split('%')[0]!, 'stored', 'a.example'))).not.toBe('passed')
    expect(own().has('127.0.0.1')).toBe(true)
  })

  test('an ordinary address passes', () => {
    expect(checkAddress(policy(), '93.184.216.34', 'stored', 'api.provider.example')).toBe('93.184.216.34')
    expect(checkAddress(policy(), '2606:4700::1', 'stored', 'api.provider.example')).toBe('2606:4700::1')
  })
})

describe('disguises of 127.0.0.1 in a URL', () => {
  test.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://%31%32%37.0.0.1/',
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://user:password@127.0.0.1/',
    'http://northwind.example@127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'https:127.0.0.1',
  ])('%s', (url) => {
    expect(reasonOfUrl(url)).toBe('special-address')
  })

  test.each([
    'ftp://northwind.example/',
    'file:///etc/passwd',
    'gopher://x/',
    'http://',
    'http://a..b/',
    'http://exa mple.com/',
    'nonsense',
    'http://[::1',
    'http://256.256.256.256/',
  ])('not a URL that can be asked: %s', (url) => {
    expect(reasonOfUrl(url)).toBe('unreadable-host')
  })
})

describe('private targets', () => {
  const internal = { targets: ['10.1.0.0/16'], allowPrivate: true }

  test('need both a seed that names the range and an installation that allows it', () => {
    expect(reasonOf(() => checkAddress(policy(internal), '10.1.2.3', 'target'))).toBe('passed')
    expect(reasonOf(() => checkAddress(policy({ ...internal, allowPrivate: false }), '10.1.2.3', 'target'))).toBe(
      'special-address',
    )
    expect(reasonOf(() => checkAddress(policy(internal), '10.2.0.1', 'target', 'www.northwind.example'))).toBe(
      'special-address',
    )
  })

  test('who names an IPv4 range has not named the tunnels into it', () => {
    const given = policy(internal)
    for (const address of ['2a00:1450::5efe:10.1.2.3', '2002:a01:203::', '64:ff9b::10.1.2.3', '::10.1.2.3'])
      expect(reasonOf(() => checkAddress(given, address, 'target', 'www.northwind.example'))).toBe('special-address')
  })

  test('a name in scope alone opens none', () => {
    const given = policy({ targets: ['northwind.example'], allowPrivate: true })
    expect(reasonOf(() => checkAddress(given, '127.0.0.1', 'target', 'www.northwind.example'))).toBe('special-address')
  })
})

describe('the lab', () => {
  const given = policy({
    lab: { networks: ['198.18.0.0/15', '2001:db8::/32'] },
    targets: ['northwind.example', '198.18.0.0/16'],
  })

  test('opens its networks', () => {
    expect(reasonOf(() => checkAddress(given, '198.18.0.10', 'target', 'www.northwind.example'))).toBe('passed')
    expect(reasonOf(() => checkAddress(given, '2001:db8::5', 'target', 'www.northwind.example'))).toBe('passed')
  })

  test.each(['93.184.216.34', '127.0.0.1', '::ffff:127.0.0.1', '10.0.0.1'])('and nothing else: %s', (address) => {
    expect(reasonOf(() => checkAddress(given, address, 'target', 'www.northwind.example'))).toBe('outside-lab')
  })
})

describe('contact', () => {
  test('the peer decides: a host in scope is the target, whatever was declared', () => {
    for (const declared of ['none', 'stored', 'relayed', 'target'] as const)
      expect(checkHost(policy(), parseHost('www.northwind.example'), declared)).toBe('target')
    expect(checkHost(policy(), parseHost('api.provider.example'), 'stored')).toBe('stored')
  })

  test.each([
    ['none', 'stored', 'api.provider.example', 'contact-ceiling'],
    ['stored', 'stored', 'api.provider.example', 'passed'],
    ['stored', 'relayed', 'api.provider.example', 'contact-ceiling'],
    ['stored', 'stored', 'www.northwind.example', 'contact-ceiling'],
    ['relayed', 'stored', 'www.northwind.example', 'contact-ceiling'],
    ['relayed', 'relayed', 'api.provider.example', 'passed'],
    ['target', 'target', 'www.northwind.example', 'passed'],
    ['stored', 'stored', '203.0.77.1', 'contact-ceiling'],
    ['stored', 'stored', '::ffff:203.0.77.1', 'contact-ceiling'],
  ] as const)('ceiling %s, declared %s, %s: %s', (ceiling, declared, host, reason) => {
    expect(reasonOf(() => checkHost(policy({ ceiling }), parseHost(host), declared))).toBe(reason)
  })

  test('a target request goes to targets only', () => {
    expect(reasonOf(() => checkHost(policy(), parseHost('other.example'), 'target'))).toBe('not-in-scope')
    expect(reasonOf(() => checkAddress(policy(), '93.184.216.34', 'target'))).toBe('not-in-scope')
  })

  test('an address of a name in scope is contacted on behalf of that name', () => {
    expect(reasonOf(() => checkAddress(policy(), '93.184.216.34', 'target', 'www.northwind.example'))).toBe('passed')
  })

  test('a provider that stands on an address in scope is the target', () => {
    const passive = policy({ ceiling: 'stored', targets: ['93.184.216.34'] })
    expect(reasonOf(() => checkAddress(passive, '93.184.216.34', 'stored', 'api.provider.example'))).toBe(
      'contact-ceiling',
    )
  })

  test('what a task was leased for is in scope for it', () => {
    const given = policy({ admits: new Set(['partner.example']) })
    expect(checkHost(given, parseHost('partner.example'), 'target')).toBe('target')
    expect(reasonOf(() => checkHost(given, parseHost('www.partner.example'), 'target'))).toBe('not-in-scope')
  })

  test('a name server of a name in scope is the target', () => {
    const passive = policy({ ceiling: 'stored', isTargetNameServer: (host) => host === 'ns1.hoster.example' })
    expect(reasonOf(() => checkHost(passive, parseHost('ns1.hoster.example'), 'stored'))).toBe('contact-ceiling')
  })
})

describe('excluded hosts', () => {
  const given = policy({
    excluded: ['shop.northwind.example', '93.184.216.34'],
    admits: new Set(['shop.northwind.example']),
  })

  test.each([
    'shop.northwind.example',
    'a.shop.northwind.example',
    '93.184.216.34',
    '::ffff:93.184.216.34',
    '2002:5db8:d822::',
  ])('%s', (host) => {
    expect(reasonOf(() => checkHost(given, parseHost(host), 'stored'))).toBe('excluded')
  })

  test('an excluded address behind a name in scope', () => {
    expect(reasonOf(() => checkAddress(given, '93.184.216.34', 'target', 'www.northwind.example'))).toBe('excluded')
  })
})

describe('questions to a recursive resolver', () => {
  test.each([
    ['stored', 'www.northwind.example', 'contact-ceiling'],
    ['stored', 'WWW.Northwind.Example.', 'contact-ceiling'],
    ['stored', 'api.provider.example', 'passed'],
    ['none', 'api.provider.example', 'contact-ceiling'],
    ['relayed', 'www.northwind.example', 'passed'],
  ] as const)('ceiling %s: %s: %s', (ceiling, name, reason) => {
    expect(reasonOf(() => checkQuestion(policy({ ceiling }), name, 'stored'))).toBe(reason)
  })
})
