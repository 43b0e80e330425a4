import { describe, expect, it } from 'vitest'
import { specialRange } from './special-range.ts'

/** The registries of IANA line by line: the first and the last address of every block, and what it is to us. */
const registered: [block: string, first: string, last: string, range: string][] = [
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255', 'unspecified'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255', 'private'],
  ['100.64.0.0/10', '100.64.0.0', '100.127.255.255', 'carrier-nat'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255', 'loopback'],
  ['169.254.0.0/16', '169.254.0.0', '169.254.255.255', 'link-local'],
  ['172.16.0.0/12', '172.16.0.0', '172.31.255.255', 'private'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255', 'reserved'],
  ['192.0.0.0/29, DS-Lite', '192.0.0.0', '192.0.0.7', 'reserved'],
  ['192.0.0.8/32, dummy', '192.0.0.8', '192.0.0.8', 'reserved'],
  ['192.0.0.9/32, PCP anycast', '192.0.0.9', '192.0.0.9', 'reserved'],
  ['192.0.0.10/32, TURN anycast', '192.0.0.10', '192.0.0.10', 'reserved'],
  ['192.0.0.170/32 and 192.0.0.171/32, NAT64 discovery', '192.0.0.170', '192.0.0.171', 'reserved'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255', 'documentation'],
  ['192.31.196.0/24, AS112', '192.31.196.0', '192.31.196.255', 'reserved'],
  ['192.52.193.0/24, AMT', '192.52.193.0', '192.52.193.255', 'reserved'],
  ['192.88.99.0/24, 6to4 relays', '192.88.99.0', '192.88.99.255', 'reserved'],
  ['192.88.99.2/32, 6a44 relays', '192.88.99.2', '192.88.99.2', 'reserved'],
  ['192.168.0.0/16', '192.168.0.0', '192.168.255.255', 'private'],
  ['192.175.48.0/24, AS112', '192.175.48.0', '192.175.48.255', 'reserved'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255', 'benchmarking'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255', 'documentation'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255', 'documentation'],
  ['240.0.0.0/4', '240.0.0.0', '255.255.255.254', 'reserved'],
  ['255.255.255.255/32', '255.255.255.255', '255.255.255.255', 'broadcast'],
  ['::1/128', '::1', '::1', 'loopback'],
  ['::/128', '::', '::', 'unspecified'],
  ['64:ff9b:1::/48', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:0:0', 'unspecified'],
  ['64:ff9b:1::/48, public IPv4', '64:ff9b:1::808:808', '64:ff9b:1:ffff:ffff:ffff:808:808', 'private'],
  ['100::/64, discard', '100::', '100::ffff:ffff:ffff:ffff', 'reserved'],
  ['100:0:0:1::/64, dummy', '100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff', 'reserved'],
  ['2001::/23', '2001:6::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['2001:1::1/128, PCP, TURN and SRP anycast', '2001:1::1', '2001:1::3', 'reserved'],
  ['2001:2::/48', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff', 'benchmarking'],
  ['2001:3::/32, AMT', '2001:3::', '2001:3:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['2001:4:112::/48, AS112', '2001:4:112::', '2001:4:112:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['2001:10::/28, ORCHID', '2001:10::', '2001:1f:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['2001:20::/28, ORCHIDv2', '2001:20::', '2001:2f:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['2001:30::/28, DRIP', '2001:30::', '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'documentation'],
  ['2620:4f:8000::/48, AS112', '2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['3fff::/20', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', 'documentation'],
  ['5f00::/16, SRv6 SIDs', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['fc00::/7', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'private'],
  ['fe80::/10', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'link-local'],
  ['224.0.0.0/4, multicast', '224.0.0.0', '239.255.255.255', 'multicast'],
  ['ff00::/8, multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'multicast'],
  ['3ffe::/16, 6bone', '3ffe::', '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
  ['fec0::/10, site-local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'private'],
]

describe('special ranges', () => {
  it.each(registered)('%s', (_block, first, last, range) => {
    expect([specialRange(first), specialRange(last)]).toEqual([range, range])
  })

  it.each([
    ['100.100.100.200', 'metadata'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
  ])('%s is %s', (address, range) => {
    expect(specialRange(address)).toBe(range)
  })

  it.each([
    ['mapped', '::ffff:127.0.0.1', 'loopback'],
    ['compatible', '::127.0.0.1', 'loopback'],
    ['compatible, public', '::8.8.8.8', 'reserved'],
    ['translated', '::ffff:0:10.0.0.1', 'private'],
    ['translated, public', '::ffff:0:8.8.8.8', 'reserved'],
    ['NAT64', '64:ff9b::10.0.0.1', 'private'],
    ['NAT64, metadata', '64:ff9b::a9fe:a9fe', 'metadata'],
    ['NAT64 of local use', '64:ff9b:1::10.0.0.1', 'private'],
    ['NAT64 of local use, loopback', '64:ff9b:1::127.0.0.1', 'loopback'],
    ['beside NAT64', '64:ff9b:2::8.8.8.8', 'reserved'],
    ['6to4', '2002:a00:1::', 'private'],
    ['6to4, public', '2002:808:808::1', 'transition'],
    ['Teredo, the client inverted', '2001:0:808:808:3:4:80ff:fffe', 'loopback'],
    ['Teredo, a private server', '2001:0:a00:1:3:4:f7f7:f7f7', 'transition'],
    ['Teredo, public', '2001:0:808:808:3:4:f7f7:f7f7', 'transition'],
    ['ISATAP in a global prefix', '2a00:1450::5efe:10.0.0.1', 'private'],
    ['ISATAP in a global prefix, universal bit', '2a00:1450::200:5efe:127.0.0.1', 'loopback'],
    ['ISATAP, public', '2a00:1450::200:5efe:8.8.8.8', 'transition'],
    ['ISATAP on a link', 'fe80::5efe:8.8.8.8', 'link-local'],
  ])('an address that carries another: %s %s is %s', (_form, address, range) => {
    expect(specialRange(address)).toBe(range)
  })

  it.each([
    '8.8.8.8',
    '9.255.255.255',
    '100.63.255.255',
    '100.128.0.0',
    '172.32.0.1',
    '192.0.1.1',
    '192.31.197.0',
    '192.52.194.0',
    '192.88.98.255',
    '192.175.49.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:200::',
    '2001:db7:ffff::1',
    '2003::',
    '2606:4700::1',
    '2620:4f:8001::',
    '3fff:1000::',
    '64:ff9b::8.8.8.8',
    '2a00::1',
    '2a00::5eff:10.0.0.1',
  ])('%s is ordinary', (address) => {
    expect(specialRange(address)).toBeUndefined()
  })
})
