import { describe, expect, it } from 'vitest'
import { canonicalName } from './domain-name.ts'
import { formatNetblock, parseNetblock } from './netblock.ts'
import { providers, sharedInfrastructure } from './shared-infrastructure.ts'

describe('shared infrastructure', () => {
  it.each([
    ['d111111abcdef8.cloudfront.net', 'cloudfront'],
    ['cloudfront.net', 'cloudfront'],
    ['a.b.example.com.edgekey.net', 'akamai'],
    ['104.16.1.1', 'cloudflare'],
    ['2606:4700::1', 'cloudflare'],
    ['151.101.1.1', 'fastly'],
    ['bucket.s3.eu-west-1.amazonaws.com', 'aws-s3'],
    ['x-1.eu-west-1.elb.amazonaws.com', 'aws-load-balancers'],
    ['example-com.mail.protection.outlook.com', 'microsoft-365'],
    ['ns-1.awsdns-00.com', 'route53'],
    ['ns1.sedoparking.com', 'sedo'],
    ['185.199.108.153', 'github-pages'],
    ['x.wpc.phicdn.net', 'edgio'],
    ['cdn.c.footprint.net', 'lumen-cdn'],
    ['route1.mx.cloudflare.net', 'cloudflare-mail'],
    ['mx1.example.iphmx.com', 'cisco-email-security'],
    ['parkingpage.namecheap.com', 'namecheap-parking'],
    ['199.83.128.1', 'imperva'],
  ])('%s is of %s', (host, id) => {
    expect(sharedInfrastructure(host)?.id).toBe(id)
  })

  it.each([
    'example.com',
    'notcloudfront.net',
    'ec2-1-2-3-4.compute-1.amazonaws.com',
    '4.3.2.1.bc.googleusercontent.com',
    '1-2-3-4.ip.secureserver.net',
    '192.0.2.1',
    '2001:db8::1',
  ])('%s is not known to be', (host) => {
    expect(sharedInfrastructure(host)).toBeUndefined()
  })

  it('is described by canonical facts with a source and a date', () => {
    const kinds = new Set(['cdn', 'waf', 'cloud', 'hosting', 'mail', 'dns', 'parking'])
    const names = providers.flatMap((provider) => provider.names)
    const ranges = providers.flatMap((provider) => provider.ranges)
    expect(names.filter((name) => canonicalName(name) !== name)).toEqual([])
    expect(ranges.filter((range) => formatNetblock(parseNetblock(range)!) !== range)).toEqual([])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(providers.map(({ id }) => id)).size).toBe(providers.length)
    expect(providers.filter(({ kind }) => !kinds.has(kind))).toEqual([])
    expect(providers.filter(({ source, date }) => !URL.canParse(source) || !/^\d{4}-\d\d-\d\d$/.test(date))).toEqual([])
  })
})
