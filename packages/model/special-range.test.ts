import { describe, expect, it } from 'vitest'
import { specialRange } from './special-range.ts'

describe('special ranges', () => {
  it.each([
    ['0.0.0.0', 'unspecified'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'carrier-nat'],
    ['100.100.100.200', 'metadata'],
    ['127.8.8.8', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['169.254.169.254', 'metadata'],
    ['172.31.255.255', 'private'],
    ['192.0.0.8', 'reserved'],
    ['192.0.2.1', 'documentation'],
    ['192.168.0.1', 'private'],
    ['198.19.0.1', 'benchmarking'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b:1::1', 'private'],
    ['2002:a00:1::', 'private'],
    ['2002:808:808::1', 'transition'],
    ['2001:0:1:2:3:4:80ff:fffe', 'loopback'],
    ['2001:db8::1', 'documentation'],
    ['fc00::1', 'private'],
    ['fd00:ec2::254', 'metadata'],
    ['fe80::1', 'link-local'],
    ['ff02::1', 'multicast'],
    ['100::1', 'reserved'],
    ['5f00::1', 'reserved'],
  ])('%s is %s', (address, range) => {
    expect(specialRange(address)).toBe(range)
  })

  it.each([
    '8.8.8.8',
    '100.63.255.255',
    '172.32.0.1',
    '192.0.1.1',
    '223.255.255.255',
    '2606:4700::1',
    '64:ff9b::8.8.8.8',
    '2a00::1',
  ])('%s is ordinary', (address) => {
    expect(specialRange(address)).toBeUndefined()
  })
})
