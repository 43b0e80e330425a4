import { describe, expect, test } from 'vitest'
import { checkHost, checkQuestion, hostOf, parseHost, parseUrl } from './guard.ts'
import { policy, reasonOf } from './testing/policy.ts'

describe('a name outside the public DNS', () => {
  test.each([
    'http://localhost/',
    'http://LOCALHOST./',
    'http://app.localhost/',
    'http://router/',
    'http://printer.local/',
    'http://metadata.google.internal/',
    'http://box.home.arpa/',
    'http://x.onion/',
    'http://dc1.corp/',
    'http://tv.home/',
    'http://mx.mail/',
    'http://nas.private/',
    'http://default.service.arpa/',
    'http://x.alt/',
    'http://x.invalid/',
    'http://1.0.0.10.in-addr.arpa/',
  ])('%s is not connected to', (url) => {
    expect(reasonOf(() => checkHost(policy(), hostOf(parseUrl(url)), 'stored'))).toBe('special-name')
  })

  test.each([
    'printer.local',
    'DC1.Corp.',
    'metadata.google.internal',
    'x.onion',
    'x.alt',
    'localhost',
    'a.invalid',
    'a.test',
    'box.home.arpa',
    '1.0.168.192.in-addr.arpa',
    'lb._dns-sd._udp.0.0.168.192.in-addr.arpa',
    '8.e.f.ip6.arpa',
  ])('%s is told to nobody', (name) => {
    expect(reasonOf(() => checkQuestion(policy(), name, 'relayed'))).toBe('special-name')
    expect(reasonOf(() => checkQuestion(policy({ proxied: true }), name, 'relayed'))).toBe('special-name')
  })

  test.each(['com', 'a.example', '1.8.8.8.in-addr.arpa', 'northwind.example', 'e164.arpa'])('%s is', (name) => {
    expect(reasonOf(() => checkQuestion(policy(), name, 'relayed'))).toBe('passed')
  })

  test('a lab has a DNS of its own', () => {
    const given = policy({ lab: { networks: ['198.18.0.0/15'] } })
    expect(reasonOf(() => checkQuestion(given, 'resolver1.root-servers.test', 'relayed'))).toBe('passed')
  })

  test('needs both a seed that names it and an installation that allows it, as an address does', () => {
    const targets = ['dc1.corp', 'box.home.arpa', 'a.alt', 'b.invalid', '10.1.0.0/16']
    const given = policy({ targets, allowPrivate: true })
    expect(reasonOf(() => checkHost(given, parseHost('www.dc1.corp'), 'target'))).toBe('passed')
    expect(reasonOf(() => checkQuestion(given, 'www.dc1.corp', 'relayed'))).toBe('passed')
    expect(reasonOf(() => checkQuestion(given, 'box.home.arpa', 'relayed'))).toBe('passed')
    expect(reasonOf(() => checkQuestion(given, '3.2.1.10.in-addr.arpa', 'relayed'))).toBe('passed')
    expect(reasonOf(() => checkQuestion(given, '3.2.9.10.in-addr.arpa', 'relayed'))).toBe('special-name')
    expect(reasonOf(() => checkHost(given, parseHost('other.corp'), 'stored'))).toBe('special-name')
    expect(reasonOf(() => checkQuestion(given, 'other.corp', 'relayed'))).toBe('special-name')
    expect(reasonOf(() => checkQuestion(policy({ targets }), 'dc1.corp', 'relayed'))).toBe('special-name')
    expect(reasonOf(() => checkHost(given, parseHost('a.alt'), 'target'))).toBe('special-name')
    expect(reasonOf(() => checkQuestion(given, 'b.invalid', 'relayed'))).toBe('special-name')
  })
})
