import { credentialLeakValue } from '@mirage/model/entities/threat/credential-leak.ts'
import { module as crawler } from '@mirage/modules/crawler/module.ts'
import { module as extractContacts } from '@mirage/modules/extract-contacts/module.ts'
import { module as extractIdentifiers } from '@mirage/modules/extract-identifiers/module.ts'
import { module as extractSecrets } from '@mirage/modules/extract-secrets/module.ts'
import { module as httpProbe } from '@mirage/modules/http-probe/module.ts'
import { get, testTask } from '@mirage/network/testing/session.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'
import { type Harbour, home, startHarbour, www } from './harbour.ts'
import { observed } from './observed.ts'

/** The modules that look at web sites, against a real nginx. */

describeWith('web modules against a real nginx', missingPrograms('nginx'), () => {
  let harbour: Harbour
  beforeAll(async () => {
    harbour = await startHarbour()
  })
  afterAll(() => harbour?.[Symbol.asyncDispose]())

  const shown = { server: 'nginx', contentType: 'text/html' }
  const at = { address: '198.18.0.80', addresses: ['198.18.0.80'] }
  const homeFacts = {
    status: 200,
    title: 'Harbour & Sons',
    description: 'Ships and more',
    server: 'nginx',
    poweredBy: 'PHP/8.2.1',
    contentType: 'text/html',
    strictTransportSecurity: 'max-age=31536000',
    length: home.length,
    ...at,
  }
  const homeProducts = [
    `url:${www} -product_used-> technology:nginx`,
    `url:${www} -product_used-> technology:php {"version":"8.2.1"}`,
    `url:${www} -product_used-> technology:wordpress {"version":"6.5"}`,
    `url:${www} -uses_fingerprint-> fingerprint:favicon-mmh3:669512511`,
  ]

  it('follows a name from HTTP to HTTPS and from one name to the other', async () => {
    const moved = { ...shown, location: www }
    expect(await harbour.lines(httpProbe, 'domain:harbour.example')).toEqual([
      `-website-> url:http://harbour.example/ ${JSON.stringify({ status: 301, ...moved, length: 162, ...at })}`,
      `-website-> url:https://harbour.example/ ${JSON.stringify({ status: 308, ...moved, length: 164, ...at })}`,
      `= url:${www} #login ${JSON.stringify(homeFacts)}`,
      `url:http://harbour.example/ -redirects_to-> url:${www} {"redirect":301}`,
      `url:https://harbour.example/ -redirects_to-> url:${www} {"redirect":308}`,
      ...homeProducts,
    ])
    expect(await harbour.lines(httpProbe, 'domain:www.harbour.example')).toEqual([
      `-website-> url:http://www.harbour.example/ ${JSON.stringify({ status: 301, ...moved, length: 162, ...at })}`,
      `-website-> url:${www} #login ${JSON.stringify(homeFacts)}`,
      `url:http://www.harbour.example/ -redirects_to-> url:${www} {"redirect":301}`,
      ...homeProducts,
    ])
  })

  it('keeps apart what shares an address: a site of JSON, one whose certificate has expired, one that hangs up', async () => {
    const json = { status: 200, server: 'nginx', contentType: 'application/json', length: 11, ...at }
    expect(await harbour.lines(httpProbe, 'domain:api.harbour.example')).toEqual([
      `-website-> url:https://api.harbour.example/ ${JSON.stringify(json)}`,
      'url:https://api.harbour.example/ -product_used-> technology:nginx',
    ])
    const old = { status: 403, ...shown, length: 146, ...at, untrusted: 'CERT_HAS_EXPIRED' }
    expect(await harbour.lines(httpProbe, 'domain:old.harbour.example')).toEqual([
      `-website-> url:https://old.harbour.example/ ${JSON.stringify(old)}`,
    ])
    expect(await observed(httpProbe, harbour.session, 'domain:empty.harbour.example')).toMatchObject({
      lines: [],
      end: {
        outcome: 'unreachable',
        reason: 'The connection to empty.harbour.example failed: other side closed',
      },
    })
    expect(await observed(httpProbe, harbour.session, 'domain:nowhere.harbour.example')).toMatchObject({
      lines: [],
      end: { outcome: 'unreachable' },
    })
  })

  it('probes a web site on another port', async () => {
    const console = { status: 200, title: 'Console', ...shown, length: 40, ...at }
    expect(await harbour.lines(httpProbe, 'open-port:198.18.0.80:8080/tcp')).toEqual([
      `-website-> url:http://198.18.0.80:8080/ ${JSON.stringify(console)}`,
      'url:http://198.18.0.80:8080/ -product_used-> technology:nginx',
      'url:http://198.18.0.80:8080/ -uses_fingerprint-> fingerprint:favicon-mmh3:-1253000196',
    ])
  })

  it('crawls: links, forms, well-known files, and a robots.txt that is not there', async () => {
    const page = `= url:${www} #page {"status":200,"title":"Harbour & Sons","contentType":"text/html"}`
    expect(await harbour.lines(crawler, `url:${www}`)).toEqual([
      `-contains-> web-form:${www}|POST /login #login {"action":"${www}login","method":"post","fields":["user:text","pass:password"]}`,
      '-links_to-> url:https://cdn.harbour.example/lib.js',
      '-links_to-> url:https://github.com/harbour-sons',
      '-links_to-> url:https://partner.example/x?b=1',
      `-links_to-> url:${www}.well-known/security.txt`,
      `-links_to-> url:${www}about`,
      `-links_to-> url:${www}login`,
      `-links_to-> url:${www}sitemap.xml`,
      `-links_to-> url:${www}static/app.js`,
      '-mentions-> domain:cdn.harbour.example',
      '-mentions-> domain:github.com',
      '-mentions-> domain:partner.example',
      page,
    ])
    expect(await harbour.lines(crawler, `url:${www}sitemap.xml`)).toEqual([
      `-links_to-> url:${www}hidden?a=1&b=2`,
      `= url:${www}sitemap.xml #page {"status":200,"contentType":"text/xml"}`,
    ])
    expect(await harbour.lines(crawler, `url:${www}.well-known/security.txt`)).toEqual([
      `-links_to-> url:${www}policy`,
      '-mentions-> email:security@harbour.example',
      `= url:${www}.well-known/security.txt #page {"status":200,"contentType":"text/plain"}`,
    ])
    expect(await harbour.lines(crawler, `url:${www}away`)).toEqual([
      '-redirects_to-> url:https://partner.example/ {"redirect":302}',
    ])
    for (const nothing of ['robots.txt', 'private/', 'gone'])
      expect(await harbour.lines(crawler, `url:${www}${nothing}`)).toEqual([])
  })

  it('reads what the crawler fetched, from the record', async () => {
    for (const path of ['', 'static/app.js', 'big.html', 'private/'])
      await observed(crawler, harbour.session, `url:${www}${path}`)
    const before = (await harbour.nginx.served()).length
    expect(await harbour.lines(extractContacts, `url:${www}`)).toEqual([
      '-mentions-> email:crew@harbour.example',
      '-mentions-> email:desk@harbour.example',
      '-mentions-> phone:+442079460958',
    ])
    expect(await harbour.lines(extractContacts, `url:${www}static/app.js`)).toEqual([
      '-mentions-> email:ops@harbour.example',
    ])
    expect(await harbour.lines(extractContacts, `url:${www}private/`)).toEqual([])
    expect(await harbour.lines(extractIdentifiers, `url:${www}`)).toEqual([
      '-mentions-> bank-account:GB33BUKB20201555555555',
      '-social_media_profile-> account:github.com/harbour-sons',
      '-uses_fingerprint-> fingerprint:analytics:UA-1234567',
    ])
    expect(await harbour.lines(extractSecrets, `url:${www}static/app.js`)).toEqual([
      `<-exposed_in- credential-leak:${credentialLeakValue('aws-access-key', 'AKIAIOSFODNN7EXAMPL2')} {"kind":"aws-access-key"}`,
    ])
    expect(await harbour.nginx.served()).toHaveLength(before)
  })

  it('reads a compressed page up to the limit and no further', async () => {
    await using task = testTask(harbour.session)
    const signal = new AbortController().signal
    const { body, truncated, headers } = await task.request(get(`${www}big.html`, { maxBytes: 2 << 20 }), signal)
    expect({ length: body.length, truncated, encoding: headers['content-encoding'] }).toEqual({
      length: 2 << 20,
      truncated: true,
      encoding: 'gzip',
    })
  })

  it('keeps its connections', async () => {
    const before = new Set((await harbour.nginx.served()).map(({ connection }) => connection))
    for (const path of ['about', 'static/app.js', 'sitemap.xml', 'gone'])
      await observed(crawler, harbour.session, `url:${www}${path}`)
    const later = (await harbour.nginx.served()).map(({ connection }) => connection)
    expect(new Set(later).size - before.size).toBeLessThanOrEqual(1)
  })
})
