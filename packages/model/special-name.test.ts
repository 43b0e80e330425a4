import { describe, expect, it } from 'vitest'
import { reverseName } from './address.ts'
import { specialName } from './special-name.ts'

describe('special names', () => {
  it.each([
    ['localhost', 'this-machine'],
    ['app.localhost', 'this-machine'],
    ['localhost.localdomain', 'private-network'],
    ['printer.local', 'private-network'],
    ['metadata.google.internal', 'private-network'],
    ['wiki.intranet', 'private-network'],
    ['nas.private', 'private-network'],
    ['dc1.corp', 'private-network'],
    ['tv.home', 'private-network'],
    ['router.lan', 'private-network'],
    ['mx.mail', 'private-network'],
    ['a.test', 'private-network'],
    ['box.home.arpa', 'private-network'],
    ['default.service.arpa', 'private-network'],
    ['_dns.resolver.arpa', 'private-network'],
    ['ipv4only.arpa', 'private-network'],
    ['x.6tisch.arpa', 'nothing'],
    ['x.eap-noob.arpa', 'nothing'],
    ['duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion', 'another-system'],
    ['name.gns.alt', 'another-system'],
    ['a.invalid', 'nothing'],
  ])('%s is of %s', (name, kind) => {
    expect(specialName(name)).toBe(kind)
  })

  it.each([
    '10.in-addr.arpa',
    '1.2.10.in-addr.arpa',
    '16.172.in-addr.arpa',
    '31.172.in-addr.arpa',
    '168.192.in-addr.arpa',
    '254.169.in-addr.arpa',
    '64.100.in-addr.arpa',
    '127.in-addr.arpa',
    '0.in-addr.arpa',
    'x.10.in-addr.arpa',
    'b._dns-sd._udp.0.1.168.192.in-addr.arpa',
    '5.4.3.2.10.in-addr.arpa',
    'd.f.ip6.arpa',
    '8.e.f.ip6.arpa',
    'b.e.f.ip6.arpa',
    ...['192.168.1.1', '10.0.0.1', '127.0.0.1', '::1', '::', 'fd00::1', 'fe80::1'].map(reverseName),
  ])('the reverse zone %s belongs to a private network', (name) => {
    expect(specialName(name)).toBe('private-network')
  })

  it.each([
    'example.com',
    'www.northwind.example',
    'local.example.com',
    'notlocal',
    'com',
    'onion.example',
    'corp.northwind.example',
    'home.arpa.example',
    'arpa',
    'in-addr.arpa',
    'ip6.arpa',
    '192.in-addr.arpa',
    '172.in-addr.arpa',
    '32.172.in-addr.arpa',
    '169.in-addr.arpa',
    '0.ip6.arpa',
    'f.ip6.arpa',
    '1.8.8.8.in-addr.arpa',
    'x.8.in-addr.arpa',
    'e164.arpa',
    reverseName('8.8.8.8'),
    reverseName('198.18.0.1'),
    reverseName('2606:4700::1'),
  ])('%s is an ordinary name', (name) => {
    expect(specialName(name)).toBeUndefined()
  })
})
