import type { Certificate } from '@mirage/lab/world/certificate.ts'
import { module as crawler } from '@mirage/modules/crawler/module.ts'
import { module as portScan } from '@mirage/modules/port-scan/module.ts'
import { module as tlsCertificate } from '@mirage/modules/tls-certificate/module.ts'
import { testNetwork, testScope, testSession } from '@mirage/network/testing/session.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'
import { type Harbour, engine, expired, intermediate, leaf, startHarbour } from './harbour.ts'
import { observed } from './observed.ts'

/** The modules that look at certificates and ports, and addresses of this machine, against a real nginx. */

describeWith('certificates and ports of a real nginx', missingPrograms('nginx'), () => {
  let harbour: Harbour
  beforeAll(async () => {
    harbour = await startHarbour()
  })
  afterAll(() => harbour?.[Symbol.asyncDispose]())

  const at = { address: '198.18.0.80' }

  const chain = (der: Certificate): [string, string] => [
    `certificate:${der.fingerprint}`,
    `certificate:${der.fingerprint} -issuing_certificate-> certificate:${intermediate.fingerprint} ${JSON.stringify({
      subject: 'O=Lab Trust, CN=Lab Trust CA 1',
      issuer: 'O=Lab Trust, CN=Lab Trust Root R1',
      notBefore: '2020-01-01T00:00:00.000Z',
      notAfter: '2049-12-31T00:00:00.000Z',
      serial: intermediate.serial,
      key: 'ec prime256v1',
    })}`,
  ]
  const facts = ({ commonName, notBefore, notAfter, serial }: Certificate, untrusted?: string): string =>
    JSON.stringify({
      subject: `CN=${commonName}`,
      issuer: 'O=Lab Trust, CN=Lab Trust CA 1',
      notBefore: new Date(notBefore).toISOString(),
      notAfter: new Date(notAfter).toISOString(),
      serial,
      key: 'ec prime256v1',
      protocol: 'TLSv1.2',
      cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      untrusted,
      ...at,
    })

  it('reads the chain that a name presents, trusted or not', async () => {
    const [www, issuing] = chain(leaf)
    const names = [
      `${www} -common_name-> domain:www.harbour.example`,
      issuing,
      ...['api', 'dev'].map((name) => `${www} -san_dns_name-> domain:${name}.harbour.example`),
      `${www} -san_dns_name-> domain:harbour.example`,
      `${www} -san_dns_name-> domain:www.harbour.example`,
    ]
    expect(await harbour.lines(tlsCertificate, 'domain:www.harbour.example')).toEqual([
      `-certificate-> ${www} ${facts(leaf)}`,
      ...names,
    ])
    // Asked without a name.
    expect(await harbour.lines(tlsCertificate, 'open-port:198.18.0.80:443/tcp')).toEqual([
      `-certificate-> ${www} ${facts(leaf, 'ERR_TLS_CERT_ALTNAME_INVALID')}`,
      ...names,
    ])
    const [old, oldIssuing] = chain(expired)
    expect(await harbour.lines(tlsCertificate, 'domain:old.harbour.example')).toEqual([
      `-certificate-> ${old} #expired ${facts(expired, 'CERT_HAS_EXPIRED')}`,
      `${old} -common_name-> domain:old.harbour.example`,
      oldIssuing,
      `${old} -san_dns_name-> domain:old.harbour.example`,
    ])
  })

  it('finds its open ports', async () => {
    const { lines } = await observed(portScan, harbour.session, 'ip-address:198.18.0.80', {
      ports: [80, 81, 443, 8080],
    })
    expect(lines).toEqual([443, 80, 8080].map((port) => `-port-> open-port:198.18.0.80:${port}/tcp`))
  })

  it('scans loopback itself where the installation allows private targets and a seed names them', async () => {
    const site = `http://127.0.0.1:${harbour.nginx.ports[2]}/`
    const { lines } = await observed(portScan, harbour.direct, 'ip-address:127.0.0.1', { ports: harbour.nginx.ports })
    expect(lines).toEqual(harbour.nginx.ports.map((port) => `-port-> open-port:127.0.0.1:${port}/tcp`).sort())
    expect((await observed(crawler, harbour.direct, `url:${site}`)).lines).toEqual([
      `-links_to-> url:${site}.well-known/security.txt`,
      `-links_to-> url:${site}a`,
      `-links_to-> url:${site}sitemap.xml`,
      `= url:${site} #page {"status":200,"title":"Console","contentType":"text/html"}`,
    ])
  })

  it('does not where only one of the two is given', async () => {
    await using notAllowed = testSession(testNetwork({ engine }), { scope: testScope(['127.0.0.0/8']) })
    await using notNamed = testSession(testNetwork({ engine, allowPrivate: true }), {
      scope: testScope(['harbour.example', '198.18.0.80']),
    })
    const before = (await harbour.nginx.served()).length
    for (const session of [notAllowed, notNamed])
      expect(await observed(crawler, session, `url:http://127.0.0.1:${harbour.nginx.ports[2]}/`)).toMatchObject({
        lines: [],
        end: { outcome: 'out-of-scope' },
      })
    expect(await harbour.nginx.served()).toHaveLength(before)
  })
})
