import * as fc from 'fast-check'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { entityId } from './entity.ts'
import type { Located } from './place.ts'
import type { RelationshipKind } from './relationship.ts'
import { type Scope, ScopeDefinition, compileScope } from './scope.ts'

/** `type:value`, as a target is typed. */
function at(text: string): Located {
  const colon = text.indexOf(':')
  return { type: text.slice(0, colon) as Located['type'], value: text.slice(colon + 1) }
}

function scopeOf(seeds: string[], rest: Partial<ScopeDefinition> = {}): Scope {
  return compileScope({ seeds: seeds.map(at), ...rest })
}

function idOf(text: string): string {
  const { type, value } = at(text)
  return entityId(type, value)
}

describe('what seeds cover', () => {
  it.each([
    ['domain:northwind.example', 'domain:northwind.example', true],
    ['domain:northwind.example', 'domain:a.b.northwind.example', true],
    ['domain:northwind.example', 'domain:notnorthwind.example', false],
    ['domain:northwind.example', 'url:https://www.northwind.example/a', true],
    ['domain:northwind.example', 'email:jane@northwind.example', true],
    ['domain:northwind.example', 'dns-record:northwind.example SPF v=spf1 -all', true],
    ['domain:northwind.example', 'domain-registration:northwind.example', true],
    ['domain:northwind.example', 'web-form:https://www.northwind.example/|GET /', true],
    ['domain:www.northwind.example', 'domain:northwind.example', false],
    ['domain:www.northwind.example', 'domain:mail.northwind.example', false],
    ['domain:www.northwind.example', 'domain:a.www.northwind.example', true],
    ['netblock:198.18.8.0/22', 'ip-address:198.18.9.1', true],
    ['netblock:198.18.8.0/22', 'ip-address:198.18.12.0', false],
    ['netblock:198.18.8.0/22', 'netblock:198.18.8.0/24', true],
    ['netblock:198.18.8.0/22', 'netblock:198.18.0.0/16', false],
    ['netblock:198.18.8.0/22', 'open-port:198.18.8.1:443/tcp', true],
    ['netblock:198.18.8.0/22', 'service:198.18.8.1:22/tcp ssh', true],
    ['netblock:198.18.8.0/22', 'url:http://198.18.8.1:8080/', true],
    ['netblock:198.18.8.0/22', 'domain:1.8.18.198.in-addr.arpa', true],
    ['netblock:198.18.8.0/22', 'network-registration:198.18.8.0-198.18.8.255', true],
    ['netblock:198.18.8.0/22', 'network-registration:198.18.8.0-198.18.12.255', false],
    ['ip-address:2001:db8::1', 'open-port:[2001:db8::1]:443/tcp', true],
    ['ip-address:2001:db8::1', 'ip-address:2001:db8::2', false],
    ['asn:AS64500', 'asn:AS64500', true],
    ['asn:AS64500', 'autnum-registration:AS64500', true],
    ['url:https://github.com/acme/', 'url:https://github.com/acme/site', true],
    ['url:https://github.com/acme/', 'url:https://github.com/other', false],
    ['url:https://github.com/acme/', 'domain:github.com', false],
    ['email:jane@northwind.example', 'email:jane@northwind.example', true],
    ['email:jane@northwind.example', 'domain:northwind.example', false],
    ['person:given|Jane Doe', 'person:given|Jane Doe', true],
  ])('%s and %s: %s', (seed, entity, expected) => {
    expect(scopeOf([seed]).covers(at(entity))).toBe(expected ? idOf(seed) : undefined)
  })

  it('is the nearest of several', () => {
    const scope = scopeOf([
      'domain:northwind.example',
      'domain:www.northwind.example',
      'netblock:10.0.0.0/8',
      'ip-address:10.0.0.1',
    ])
    expect(scope.covers(at('domain:a.www.northwind.example'))).toBe(idOf('domain:www.northwind.example'))
    expect(scope.covers(at('open-port:10.0.0.1:80/tcp'))).toBe(idOf('ip-address:10.0.0.1'))
  })

  it('must be canonical', () => {
    expect(() => scopeOf(['domain:Northwind.example'])).toThrow(/domain:Northwind.example is not canonical/)
  })
})

describe('a step', () => {
  const seeds = ['domain:northwind.example', 'netblock:198.18.8.0/22', 'asn:AS64500']
  it.each<[string, string, RelationshipKind | undefined, 0 | 1]>([
    ['domain:partner.example', 'domain:www.northwind.example', 'links_to', 0],
    ['domain:northwind.example', 'domain:partner.example', 'dns_record', 1],
    ['domain:partner.example', 'domain:www.partner.example', 'subdomain', 0],
    ['domain:northwind.example', 'ip-address:93.184.216.34', 'dns_record', 0],
    ['domain:northwind.example', 'ip-address:93.184.216.34', 'mentions', 1],
    ['domain:northwind.example', 'ip-address:93.184.216.34', undefined, 1],
    ['domain:northwind.example', 'ip-address:104.16.1.1', 'dns_record', 1],
    ['domain:partner.example', 'ip-address:198.18.8.9', 'dns_record', 0],
    ['ip-address:93.184.216.34', 'open-port:93.184.216.34:443/tcp', 'port', 0],
    ['ip-address:93.184.216.34', 'domain:host.isp.example', 'ptr_record', 1],
    ['ip-address:93.184.216.34', 'netblock:93.184.216.0/24', 'contains', 1],
    ['ip-address:93.184.216.34', 'asn:AS15133', 'announces', 1],
    ['ip-address:104.16.1.1', 'asn:AS13335', 'announces', 0],
    ['ip-address:104.16.1.1', 'netblock:104.16.0.0/13', 'contains', 0],
    ['netblock:93.184.216.0/24', 'ip-address:93.184.216.34', 'contains', 0],
    ['netblock:93.184.216.0/24', 'ip-address:93.184.217.1', 'contains', 1],
    ['netblock:93.184.216.0/24', 'netblock:93.184.0.0/16', 'contains', 1],
    ['asn:AS64500', 'netblock:93.184.216.0/24', 'announces', 0],
    ['asn:AS64501', 'netblock:93.184.216.0/24', 'announces', 1],
    ['asn:AS15133', 'autnum-registration:AS15133', 'registration', 0],
    [
      'domain:northwind.example',
      'certificate:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'certificate',
      0,
    ],
    [
      'certificate:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'domain:partner.example',
      'san_dns_name',
      1,
    ],
    ['url:https://www.northwind.example/', 'technology:nginx', 'product_used', 0],
    ['url:https://www.northwind.example/', 'phone:+442079460958', 'mentions', 0],
    ['url:https://www.northwind.example/', 'email:jane@gmail.com', 'mentions', 1],
    ['url:https://www.northwind.example/', 'account:github.com/northwind', 'social_media_profile', 0],
    ['url:https://www.northwind.example/', 'account:github.com/other', 'links_to', 1],
    [
      'domain-registration:northwind.example',
      'organization:domain-registration:northwind.example|Northwind',
      'registrant_contact',
      0,
    ],
    [
      'domain-registration:northwind.example',
      'organization:domain-registration:northwind.example|Registrar',
      'registrar',
      1,
    ],
    ['domain:northwind.example', 'domain:northwimd.example', 'looks_like', 1],
    ['username:jdoe', 'account:github.com/jdoe', 'account', 0],
  ])('from %s to %s by %s costs %i', (source, entity, kind, cost) => {
    expect(scopeOf(seeds).step(at(source), at(entity), kind)).toBe(cost)
  })

  it('to another name of the same registrable domain is one, unless the seed is the apex', () => {
    const scope = scopeOf(['domain:www.northwind.example'])
    expect(scope.step(at('domain:www.northwind.example'), at('domain:mail.northwind.example'), 'links_to')).toBe(1)
    expect(scope.step(at('domain:mail.northwind.example'), at('domain:ftp.northwind.example'), 'links_to')).toBe(0)
    expect(scope.step(at('domain:mail.northwind.example'), at('domain:a.www.northwind.example'), 'links_to')).toBe(0)
  })

  it('from a page on a platform to the platform is one', () => {
    const scope = scopeOf(['url:https://github.com/acme/'])
    expect(scope.step(at('url:https://github.com/acme/'), at('domain:github.com'), 'mentions')).toBe(1)
  })

  it('to an address that is known to be shared is one', () => {
    const scope = scopeOf(['domain:northwind.example'])
    const [name, address] = [at('domain:northwind.example'), at('ip-address:93.184.216.34')]
    expect(scope.step(name, address, 'dns_record', { isShared: true })).toBe(1)
  })
})

describe('what is allowed', () => {
  const scope = scopeOf(['domain:northwind.example', 'netblock:192.168.0.0/16'], {
    include: ['partner.example'],
    exclude: ['*.cdn.northwind.example', 'secret.partner.example', '93.184.216.34'],
    allowPrivate: true,
  })
  it.each([
    ['domain:www.northwind.example', 0, 'target', true],
    ['domain:other.example', 0, 'target', true],
    ['domain:other.example', 1, 'target', false],
    ['domain:other.example', 1, 'relayed', true],
    ['domain:other.example', 2, 'stored', false],
    ['domain:a.partner.example', 5, 'target', true],
    ['domain:secret.partner.example', 0, 'none', false],
    ['url:https://img.cdn.northwind.example/x', 0, 'stored', false],
    ['open-port:93.184.216.34:80/tcp', 0, 'target', false],
    ['ip-address:192.168.1.1', 0, 'target', true],
    ['ip-address:10.0.0.1', 0, 'target', false],
    ['ip-address:10.0.0.1', 0, 'none', true],
    ['netblock:10.0.0.0/8', 0, 'stored', false],
    ['url:http://127.0.0.1/', 0, 'target', false],
    ['open-port:169.254.169.254:80/tcp', 0, 'target', false],
    ['ip-address:64:ff9b::a00:1', 0, 'target', false],
  ] as const)('%s at distance %i by %s: %s', (entity, distance, contact, expected) => {
    expect(scope.allows(at(entity), distance, contact)).toBe(expected)
  })

  it('needs the installation and a seed for a private range', () => {
    expect(scopeOf(['netblock:192.168.0.0/16']).allows(at('ip-address:192.168.1.1'), 0, 'target')).toBe(false)
  })

  it('is wider with wider limits', () => {
    const wide = scopeOf(['domain:northwind.example'], { distance: 3, targetDistance: 1 })
    expect(wide.allows(at('domain:other.example'), 1, 'target')).toBe(true)
    expect(wide.allows(at('domain:other.example'), 3, 'relayed')).toBe(true)
  })

  it('answers for hosts as the guard asks', () => {
    expect(scope.coversHost('a.northwind.example')).toBe(true)
    expect(scope.coversHost('img.cdn.northwind.example')).toBe(false)
    expect(scope.coversHost('partner.example')).toBe(true)
    expect(scope.coversHost('192.168.3.4')).toBe(true)
    expect(scope.coversHost('other.example')).toBe(false)
    expect(scope.excludesHost('93.184.216.34')).toBe(true)
    expect(scope.excludesHost('34.216.184.93.in-addr.arpa')).toBe(true)
    expect(scope.namesAddress('192.168.3.4')).toBe(true)
    expect(scope.namesAddress('10.0.0.1')).toBe(false)
  })

  it('knows the zones in which a question is not passive', () => {
    const scope = scopeOf(['domain:www.northwind.example', 'netblock:198.18.8.0/22', 'url:https://github.com/acme/'])
    const asked = [
      'mail.northwind.example',
      'northwind.example',
      '1.8.18.198.in-addr.arpa',
      '8.18.198.in-addr.arpa',
      '18.198.in-addr.arpa',
    ]
    expect(asked.filter((name) => !scope.isSeedZone(name))).toEqual([])
    expect(
      ['other.example', '1.1.18.198.in-addr.arpa', 'api.github.com'].filter((name) => scope.isSeedZone(name)),
    ).toEqual([])
  })

  it('has a schema that fills in the limits', () => {
    const filled = Value.Default(ScopeDefinition, { seeds: [] })
    expect(filled).toEqual({ seeds: [], include: [], exclude: [], distance: 1, targetDistance: 0, allowPrivate: false })
  })
})

describe('distance', () => {
  const entities = [
    'domain:northwind.example',
    'domain:www.northwind.example',
    'domain:mail.northwind.example',
    'domain:partner.example',

    'domain:www.partner.example',
    'domain:isp.example',
    'ip-address:93.184.216.34',
    'ip-address:104.16.1.1',
    'netblock:93.184.216.0/24',

    'asn:AS15133',
    'url:https://www.partner.example/',
    'email:jane@partner.example',
    'open-port:93.184.216.34:443/tcp',

    'certificate:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'technology:nginx',
    'account:github.com/acme',
  ]
  const kinds: RelationshipKind[] = [
    'dns_record',
    'ptr_record',
    'contains',
    'announces',
    'links_to',
    'mentions',
    'certificate',
    'san_dns_name',
    'port',
  ]
  const edge = fc.record({
    from: fc.constantFrom(...entities),
    to: fc.constantFrom(...entities),
    kind: fc.constantFrom(...kinds),
  })

  /** Distances as a frontier keeps them: an edge may lower the far end, and a fall is passed on. */
  function distances(
    scope: Scope,
    seed: string,
    edges: { from: string; to: string; kind: RelationshipKind }[],
  ): Record<string, number> {
    const distance = new Map([[seed, 0]])
    const arrived: typeof edges = []
    for (const edge of edges) {
      arrived.push(edge)
      const queue = [edge]
      for (let next = queue.pop(); next; next = queue.pop()) {
        const { from, to, kind } = next
        const base = distance.get(from)
        if (base === undefined) continue
        const reached = scope.covers(at(to)) === undefined ? base + scope.step(at(from), at(to), kind) : 0
        if (reached >= (distance.get(to) ?? Infinity)) continue
        distance.set(to, reached)
        queue.push(...arrived.filter((other) => other.from === to))
      }
    }
    return Object.fromEntries([...distance].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  it('is the same in whatever order edges arrive', () => {
    const seeds = fc.constantFrom(
      'domain:northwind.example',
      'domain:www.northwind.example',
      'netblock:93.184.216.0/24',
      'asn:AS15133',
    )
    const shuffled = fc
      .array(edge, { maxLength: 25 })
      .chain((edges) => fc.tuple(fc.constant(edges), fc.shuffledSubarray(edges, { minLength: edges.length })))
    fc.assert(
      fc.property(seeds, shuffled, (seed, [edges, again]) => {
        const scope = scopeOf([seed])
        expect(distances(scope, seed, again)).toEqual(distances(scope, seed, edges))
      }),
      { numRuns: 500 },
    )
  })
})
