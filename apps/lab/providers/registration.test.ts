import { expect, test } from 'vitest'
import { ask, askJson } from '../testing/ask.ts'
import { makeWorld } from '../world/world.ts'
import { rdapBootstrap } from './rdap-bootstrap.ts'
import { rdap } from './rdap.ts'
import { ripestat } from './ripestat.ts'
import { teamCymru } from './team-cymru.ts'
import { ianaWhois, registrarWhois, registryWhois } from './whois.ts'

const world = makeWorld({ seed: 7, size: 'demo' })
const web = world.machines.get('web1')!.addresses.find((address) => !address.includes(':'))!
const web6 = world.machines.get('web1')!.addresses.find((address) => address.includes(':'))!

test('RDAP bootstrap: four tables in the form of RFC 9224, every server an RDAP host of the lab', async () => {
  for (const table of ['dns', 'ipv4', 'ipv6', 'asn']) {
    const { version, services } = (await askJson(rdapBootstrap, `https://data.iana.org/rdap/${table}.json`, world)) as {
      version: string
      services: [string[], string[]][]
    }
    expect(version).toBe('1.0')
    for (const [keys, urls] of services) {
      expect(keys.length).toBeGreaterThan(0)
      expect(urls.every((url) => url.endsWith('/') && rdap.hosts.includes(new URL(url).hostname))).toBe(true)
    }
  }
  expect((await ask(rdapBootstrap, 'https://data.iana.org/rdap/none.json', world)).status).toBe(404)
})

test('RDAP: a domain object (RFC 9083 §5.3) with jCards', async () => {
  const reply = await ask(rdap, 'https://rdap.nic.example/domain/northwind.example', world)
  expect(reply.headers['content-type']).toBe('application/rdap+json')
  const domain = JSON.parse(reply.body) as { entities: { roles: string[]; vcardArray?: unknown }[] }
  expect(domain).toMatchObject({
    objectClassName: 'domain',
    ldhName: 'NORTHWIND.EXAMPLE',
    status: ['client transfer prohibited'],
    secureDNS: { delegationSigned: false },
    events: expect.arrayContaining([{ eventAction: 'registration', eventDate: expect.stringMatching(/Z$/) }]),
    nameservers: [
      { objectClassName: 'nameserver', ldhName: 'NS1.NORTHWIND.EXAMPLE' },
      { objectClassName: 'nameserver', ldhName: 'NS2.DNS-HOST.EXAMPLE' },
    ],
    port43: 'whois.nic.example',
  })
  expect(domain.entities.map(({ roles }) => roles)).toEqual([
    ['registrar'],
    ['registrant'],
    ['administrative'],
    ['technical'],
  ])
  const [registrar, registrant] = domain.entities
  expect(registrar).toMatchObject({
    publicIds: [{ type: 'IANA Registrar ID', identifier: '9995' }],
    entities: [{ roles: ['abuse'] }],
  })
  expect(registrant?.vcardArray).toEqual([
    'vcard',
    [
      ['version', {}, 'text', '4.0'],
      ['fn', {}, 'text', 'Northwind Trading Ltd'],
      ['kind', {}, 'text', 'org'],
      ['org', {}, 'text', 'Northwind Trading Ltd'],
      ['adr', {}, 'text', ['', '', '1 Tradewind Quay', 'London', '', 'E14 0ZZ', 'GB']],
      ['tel', { type: 'voice' }, 'uri', 'tel:+44.2079460100'],
      ['email', {}, 'text', 'domains@northwind.example'],
    ],
  ])
})

test('RDAP: a registrant who is not shown is redacted, not left out', async () => {
  const { entities, redacted } = (await askJson(
    rdap,
    'https://rdap.nic.example/domain/bakery-lund.example',
    world,
  )) as {
    entities: { roles: string[]; vcardArray: unknown }[]
    redacted: unknown[]
  }
  expect(redacted).toHaveLength(1)
  expect(JSON.stringify(entities.find(({ roles }) => roles.includes('registrant')))).toContain('REDACTED FOR PRIVACY')
})

test('RDAP: an ip network with its blocks; another registry redirects there', async () => {
  const network = (await askJson(rdap, `https://rdap.db.ripe.net/ip/${web}`, world)) as Record<string, unknown>
  expect(network).toMatchObject({
    objectClassName: 'ip network',
    startAddress: '198.18.8.0',
    endAddress: '198.18.11.255',
    ipVersion: 'v4',
    name: 'NORTHWIND-NET',
    country: 'GB',
    cidr0_cidrs: [{ v4prefix: '198.18.8.0', length: 22 }],
    rdapConformance: expect.arrayContaining(['rdap_level_0', 'cidr0']),
  })
  expect(await askJson(rdap, `https://rdap.db.ripe.net/ip/${web6}`, world)).toMatchObject({
    ipVersion: 'v6',
    cidr0_cidrs: [{ v6prefix: '2001:db8:8::', length: 48 }],
  })
  expect(await ask(rdap, `https://rdap.arin.net/registry/ip/${web}`, world)).toMatchObject({
    status: 302,
    headers: { location: `https://rdap.db.ripe.net/ip/${web}` },
  })
})

test('RDAP: an autnum, and 404 as an error object for what nobody has', async () => {
  expect(await askJson(rdap, 'https://rdap.db.ripe.net/autnum/64500', world)).toMatchObject({
    objectClassName: 'autnum',
    handle: 'AS64500',
    startAutnum: 64500,
    endAutnum: 64500,
  })
  for (const path of ['autnum/64999', 'ip/192.0.2.1', 'domain/northwind.example']) {
    const reply = await ask(rdap, `https://rdap.db.ripe.net/${path}`, world)
    expect([reply.status, (JSON.parse(reply.body) as { errorCode: number }).errorCode]).toEqual([404, 404])
  }
  expect((await ask(rdap, 'https://rdap.nic.example/domain/nobody.example', world)).status).toBe(404)
})

test('WHOIS: IANA refers to the registry, the registry to the registrar, who shows the contacts', () => {
  const iana = ianaWhois.answer('northwind.example', world, 'whois.iana.org')
  expect(iana).toMatch(/^refer: +whois\.nic\.example\r$/m)
  expect(ianaWhois.answer('example', world, 'whois.iana.org')).toMatch(/^whois: +whois\.nic\.example\r$/m)
  const registry = registryWhois.answer('northwind.example', world, 'whois.nic.example')
  expect(registry).toMatch(/^ {3}Domain Name: NORTHWIND\.EXAMPLE\r$/m)
  expect(registry).toMatch(/^ {3}Registrar WHOIS Server: whois\.name-orchard\.example\r$/m)
  expect(registry).toMatch(
    /^ {3}Domain Status: clientTransferProhibited https:\/\/icann\.org\/epp#clientTransferProhibited\r$/m,
  )
  expect(registry).not.toContain('Registrant')
  const registrar = registrarWhois.answer('northwind.example', world, 'whois.name-orchard.example')
  expect(registrar).toMatch(/^Registrant Organization: Northwind Trading Ltd\r$/m)
  expect(registrar).toMatch(/^Registrant Phone: \+44\.2079460100\r$/m)
  expect(registrar).toMatch(/^Registrant Name: REDACTED FOR PRIVACY\r$/m)
  expect(registrarHosts()).toEqual(expect.arrayContaining(registrar.match(/whois\.[\w.-]+/g)!))
})

test('WHOIS: who does not hold a name says so', () => {
  expect(registryWhois.answer('nobody.example', world, 'whois.nic.example')).toMatch(/^No match for "NOBODY\.EXAMPLE"/)
  expect(registryWhois.answer('northwind.example', world, 'whois.nic.test')).toMatch(/^No match/)
  expect(registrarWhois.answer('northwind.example', world, 'whois.registry-row.example')).toMatch(/^No match/)
  expect(ianaWhois.answer('nowhere', world, 'whois.iana.org')).toContain('returned 0 objects')
})

test('Team Cymru: prefix, country and date at the reversed address, the name at the AS', () => {
  const reversed = web.split('.').reverse().join('.')
  expect(texts(`${reversed}.origin.asn.cymru.com`)).toEqual(['64500 | 198.18.8.0/22 | GB | ripencc | 2015-06-01'])
  const nibbles = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.0.0.0.8.b.d.0.1.0.0.2'
  expect(texts(`${nibbles}.origin6.asn.cymru.com`)).toEqual(['64500 | 2001:db8:8::/48 | GB | ripencc | 2015-06-01'])
  expect(texts('as64500.asn.cymru.com')).toEqual([
    '64500 | GB | ripencc | 2015-06-01 | NWND-AS Northwind Trading Ltd, GB',
  ])
  expect(texts(`${reversed}.peer.asn.cymru.com`)![0]).toMatch(/^\d+ \d+ \| 198\.18\.8\.0\/22 \|/)
})

test('Team Cymru: what is on the way to an address exists, an address of nobody does not', () => {
  expect(texts('18.198.origin.asn.cymru.com')).toEqual([])
  expect(texts('1.2.0.192.origin.asn.cymru.com')).toBeUndefined()
  expect(texts('as65000.asn.cymru.com')).toBeUndefined()
})

test('RIPEstat: three data calls in one envelope', async () => {
  const call = async (name: string, resource: string) =>
    (await askJson(ripestat, `https://stat.ripe.net/data/${name}/data.json?resource=${resource}`, world)) as Record<
      string,
      unknown
    >
  const info = await call('network-info', web)
  expect(info).toMatchObject({ data_call_name: 'network-info', status: 'ok', status_code: 200, messages: [] })
  expect(info['data']).toEqual({ asns: ['64500'], prefix: '198.18.8.0/22' })
  expect((await call('network-info', '192.0.2.1'))['data']).toEqual({ asns: [], prefix: '' })
  expect((await call('announced-prefixes', 'AS64500'))['data']).toMatchObject({
    resource: '64500',
    prefixes: [
      { prefix: '198.18.8.0/22', timelines: [{ starttime: expect.any(String), endtime: expect.any(String) }] },
      { prefix: '2001:db8:8::/48' },
    ],
  })
  expect((await call('as-overview', '64500'))['data']).toMatchObject({
    type: 'as',
    resource: '64500',
    holder: 'NWND-AS - Northwind Trading Ltd',
    announced: true,
  })
})

test('RIPEstat: a resource it cannot read is an error in the envelope', async () => {
  const reply = await ask(ripestat, 'https://stat.ripe.net/data/network-info/data.json?resource=none', world)
  expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
    400,
    { status: 'error', messages: [['error', expect.any(String)]] },
  ])
})

function texts(name: string): string[] | undefined {
  return teamCymru.records(name, world)?.map(({ data }) => data)
}

function registrarHosts(): readonly string[] {
  return [...registrarWhois.hosts, ...registryWhois.hosts]
}
