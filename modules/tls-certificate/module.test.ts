import { X509Certificate } from 'node:crypto'
import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { assert, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { readCertificate } from './certificate.ts'
import { module } from './module.ts'

const pem = (name: string): X509Certificate => new X509Certificate(fixture(import.meta.dirname, name))
const der = (name: string): Uint8Array => new Uint8Array(pem(name).raw)
const id = (name: string): string => pem(name).fingerprint256.replaceAll(':', '').toLowerCase()
const serial = (name: string): string => pem(name).serialNumber.toLowerCase()

const session = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', address: '198.18.0.10' }
const told = '"protocol":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384"'
const leaf = `certificate:${id('leaf.pem')}`

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the chain that a name presents and every name in its leaf',
      given: 'domain:www.northwind.example',
      tls: { 'www.northwind.example:443': { ...session, chain: [der('leaf.pem'), der('ca.pem')] } },
      expect: [
        `-certificate-> ${leaf} {"subject":"C=GB, O=Northwind Trading Ltd, CN=www.northwind.example","issuer":"C=GB, O=Example Trust, CN=Example Trust CA 1","notBefore":"2025-06-01T00:00:00.000Z","notAfter":"2026-06-01T00:00:00.000Z","serial":"${serial('leaf.pem')}","key":"ec prime256v1",${told},"address":"198.18.0.10"}`,
        `${leaf} -common_name-> domain:www.northwind.example`,
        `${leaf} -san_dns_name-> domain:www.northwind.example`,
        `${leaf} -san_dns_name-> domain:dev.northwind.example`,
        `${leaf} -san_dns_name-> domain:northwind.example`,
        `${leaf} -issuing_certificate-> certificate:${id('ca.pem')} {"subject":"C=GB, O=Example Trust, CN=Example Trust CA 1","issuer":"C=GB, O=Example Trust, CN=Example Trust CA 1","notBefore":"2025-01-01T00:00:00.000Z","notAfter":"2045-01-01T00:00:00.000Z","serial":"${serial('ca.pem')}","key":"ec prime256v1","selfIssued":true}`,
      ],
    },
    {
      name: 'takes a certificate without names, expired, from a port',
      given: 'open-port:[2001:db8::1]:8443/tcp',
      tls: {
        '2001:db8::1:8443': { ...session, chain: [der('nameless.pem')], untrusted: 'certificate has expired' },
      },
      expect: [
        `-certificate-> certificate:${id('nameless.pem')} #expired {"subject":"O=Nameless Appliance","issuer":"O=Nameless Appliance","notBefore":"2020-01-01T00:00:00.000Z","notAfter":"2021-01-01T00:00:00.000Z","serial":"${serial('nameless.pem')}","key":"ec prime256v1","selfIssued":true,${told},"untrusted":"certificate has expired","address":"198.18.0.10"}`,
      ],
    },
    { name: 'finds nothing where there is no TLS', given: 'domain:www.northwind.example', expect: [] },
    { name: 'leaves other ports', given: 'open-port:198.18.0.10:22/tcp', outcome: 'skipped', expect: [] },
  ],
})

test('no bytes make the reader throw, and a broken certificate is none', () => {
  const good = der('leaf.pem')
  assert(
    property(uint8Array({ maxLength: 300 }), (bytes) => {
      expect(readCertificate(bytes)).toBeUndefined()
    }),
  )
  for (let cut = 0; cut < good.length; cut += 7) expect(readCertificate(good.subarray(0, cut))).toBeUndefined()
})
