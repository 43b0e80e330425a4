import { describe, expect, it } from 'vitest'
import { entityTypes } from './entity.ts'
import { definitionOf } from './registry.ts'
import { traitOf, traitsOf } from './trait.ts'

describe('what conditions ask of a value', () => {
  it.each([
    ['domain', 'northwind.example', 1],
    ['domain', 'www.northwind.example', 0],
    ['ip-address', '198.18.0.10', 4],
    ['ip-address', '2001:db8::1', 6],
    ['ip-address', '93.184.216.34', 4],
    ['ip-address', '10.1.2.3', 0],
    ['ip-address', '127.0.0.1', 0],
    ['ip-address', '100.64.0.1', 0],
    ['ip-address', '169.254.169.254', 0],
    ['ip-address', 'fe80::1', 0],
    ['ip-address', '::ffff:192.168.0.1', 0],
    ['open-port', '198.18.0.10:443/tcp', 443],
    ['open-port', '[2001:db8::1]:53/udp', 53],
    ['url', 'https://www.northwind.example/', 1],
    ['url', 'https://www.northwind.example:8443/', 1],
    ['url', 'https://www.northwind.example/?a=1', 0],
    ['url', 'https://www.northwind.example/about', 0],
    ['url', 'http://www.northwind.example/', 0],
    ['email', 'info@northwind.example', 0],
  ] as const)('%s %s has the trait %i', (type, value, trait) => {
    expect(traitOf({ type, value })).toBe(trait)
  })

  it('is a whole number of every value there is an example of', () => {
    for (const type of entityTypes)
      for (const { value } of definitionOf(type).examples) expect(traitOf({ type, value })).toBeGreaterThanOrEqual(0)
  })

  it('says which traits meet a condition', () => {
    expect(traitsOf({ where: 'isApex' })).toEqual([1])
    expect(traitsOf({ where: 'isIpv4' })).toEqual([4])
    expect(traitsOf({ where: 'isFrontPage' })).toEqual([1])
    expect(traitsOf({ ports: [80, 8080] })).toEqual([80, 8080])
    expect(traitsOf({ where: 'isPublic' })).toEqual([4, 6])
    for (const where of ['isPage', undefined]) expect(traitsOf(where === undefined ? {} : { where })).toBe(undefined)
  })
})
