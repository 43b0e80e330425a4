import { connect } from 'node:net'
import {
  type Certificate,
  type CertificatePlan,
  buildCertificate,
  intermediatePlan,
  pemOf,
  rootPlan,
} from '@mirage/lab/world/certificate.ts'
import { privateKeyOf } from '@mirage/lab/world/key.ts'
import { credentialLeakValue } from '@mirage/model/entities/threat/credential-leak.ts'
import type { AnyModule } from '@mirage/module-sdk/define.ts'
import { module as crawler } from '@mirage/modules/crawler/module.ts'
import { module as extractContacts } from '@mirage/modules/extract-contacts/module.ts'
import { module as extractIdentifiers } from '@mirage/modules/extract-identifiers/module.ts'
import { module as extractSecrets } from '@mirage/modules/extract-secrets/module.ts'
import { module as httpProbe } from '@mirage/modules/http-probe/module.ts'
import { module as portScan } from '@mirage/modules/port-scan/module.ts'
import { module as tlsCertificate } from '@mirage/modules/tls-certificate/module.ts'
import type { Session } from '@mirage/network/session.ts'
import { testEngine } from '@mirage/network/testing/engine.ts'
import { type TestLab, openTestLab } from '@mirage/network/testing/lab.ts'
import { get, testNetwork, testScope, testSession, testTask } from '@mirage/network/testing/session.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'
import { type Nginx, startNginx } from './nginx.ts'
import { observed } from './observed.ts'

/**
 * The modules of the web against a real nginx. Names and usual ports are reached as in a lab run, by a SOCKS server that
 * leads to nginx's ports; the last tests dial nginx's loopback ports themselves, as an installation that allows private
 * targets does.
 */

const plan: CertificatePlan = {
  id: 'www',
  commonName: 'www.harbour.example',
  names: ['www.harbour.example', 'harbour.example', 'api.harbour.example', '*.dev.harbour.example'],
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2046-01-01T00:00:00Z',
  issuer: 'intermediate',
}
const [root, intermediate, leaf, expired] = [
  rootPlan,
  intermediatePlan,
  plan,
  {
    ...plan,
    id: 'old',
    commonName: 'old.harbour.example',
    names: ['old.harbour.example'],
    notBefore: '2020-01-01T00:00:00Z',
    notAfter: '2021-01-01T00:00:00Z',
  },
].map((plan) => buildCertificate(plan, 1)) as [Certificate, Certificate, Certificate, Certificate]

const www = 'https://www.harbour.example/'

const home = `<!doctype html><html><head><title>Harbour &amp; Sons</title><meta name="generator" content="WordPress 6.5">
<meta name="description" content="Ships and more"><link rel="icon" href="/static/icon.ico"></head><body>
<a href="/about">About</a> <a href="/about#team">Team</a> <a href="https://partner.example/x?b=1">Partner</a>
<a href="//cdn.harbour.example/lib.js">Library</a> <a href="mailto:crew@harbour.example?subject=hi">Write</a>
<a href="javascript:void(0)">No</a> <a href="https://github.com/harbour-sons">Code</a>
<form action="/login" method="post"><input name="user"><input name="pass" type="password"></form>
<p>Call +44 20 7946 0958 or write to desk@harbour.example. Pay to GB33BUKB20201555555555.</p>
<script src="/static/app.js"></script><script>ga('create', 'UA-1234567-3')</script></body></html>`
const script = `const key = 'AKIAIOSFODNN7EXAMPL2' // ops@harbour.example\n`
const icon = Uint8Array.from({ length: 318 }, (_, i) => (i * 7) % 256)

function serverBlock(name: string, listen: string, rest: string): string {
  return `  server { listen ${listen}; server_name ${name};\n${rest} }\n`
}

describeWith('web modules against a real nginx', missingPrograms('nginx'), () => {
  let nginx: Nginx
  let lab: TestLab
  let session: Session
  let direct: Session
  const engine = testEngine({
    'harbour.example A': ['198.18.0.80'],
    'www.harbour.example CNAME': ['harbour.example'],
    'api.harbour.example A': ['198.18.0.80'],
    'old.harbour.example A': ['198.18.0.80'],
    'empty.harbour.example A': ['198.18.0.80'],
    'nowhere.harbour.example A': ['198.18.0.99'],
  })

  beforeAll(async () => {
    nginx = await startNginx({
      ports: 3,
      configure: ([http, https, alt]) =>
        [
          `  server_tokens off; gzip on; gzip_types text/plain application/javascript text/xml; gzip_min_length 1; root site;
  ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256; ssl_certificate_key www.key; ssl_certificate www.pem;`,
          serverBlock('_', `127.0.0.1:${http} default_server`, 'return 444;'),
          serverBlock('_', `127.0.0.1:${https} ssl default_server`, 'return 444;'),
          serverBlock(
            'harbour.example www.harbour.example',
            `127.0.0.1:${http}`,
            'return 301 https://www.harbour.example$request_uri;',
          ),
          serverBlock(
            'harbour.example',
            `127.0.0.1:${https} ssl`,
            'return 308 https://www.harbour.example$request_uri;',
          ),
          serverBlock(
            'www.harbour.example',
            `127.0.0.1:${https} ssl`,
            `add_header Strict-Transport-Security "max-age=31536000" always; add_header X-Powered-By "PHP/8.2.1";
  add_header Set-Cookie "PHPSESSID=abc; path=/; HttpOnly";
  location /private { auth_basic "Crew only"; auth_basic_user_file passwords; }
  location = /robots.txt { return 404; }
  location = /about { default_type text/html; return 200 "<title>About</title>\${request_method}"; }
  location = /away { return 302 https://partner.example/; }`,
          ),
          serverBlock(
            'api.harbour.example',
            `127.0.0.1:${https} ssl`,
            `default_type application/json; location / { return 200 '{"ok":true}'; }`,
          ),
          serverBlock(
            'old.harbour.example',
            `127.0.0.1:${https} ssl`,
            'ssl_certificate_key old.key; ssl_certificate old.pem; location / { return 403; }',
          ),
          serverBlock(
            '127.0.0.1',
            `127.0.0.1:${alt} default_server`,
            `location = / { default_type text/html; return 200 '<title>Console</title><a href="/a">a</a>'; }`,
          ),
        ].join(''),
      files: {
        'www.pem': pemOf(leaf.der) + pemOf(intermediate.der),
        'www.key': privateKeyOf(leaf.key).export({ type: 'pkcs8', format: 'pem' }),
        'old.pem': pemOf(expired.der) + pemOf(intermediate.der),
        'old.key': privateKeyOf(expired.key).export({ type: 'pkcs8', format: 'pem' }),
        passwords: 'crew:{PLAIN}secret\n',
        'site/index.html': home,
        'site/favicon.ico': Uint8Array.of(0),
        'site/static/icon.ico': icon,
        'site/static/app.js': script,
        'site/private/index.html': 'crew only',
        'site/sitemap.xml':
          '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://www.harbour.example/hidden?a=1&amp;b=2</loc></url></urlset>',
        'site/.well-known/security.txt':
          'Contact: mailto:security@harbour.example\nExpires: 2030-01-01T00:00:00Z\nPolicy: https://www.harbour.example/policy\n',
        'site/big.html': `<title>Big</title>${'<p>Schiffe fahren übers Meer.</p>'.repeat(100_000)}`,
      },
    })
    lab = await openTestLab()
    const [http, https, alt] = nginx.ports
    for (const [port, to] of [
      [80, http],
      [443, https],
      [8080, alt],
    ])
      lab.stand(`198.18.0.80:${port}`, (socket) => {
        const onward = connect({ host: '127.0.0.1', port: to! })
        socket.on('error', () => onward.destroy()).on('close', () => onward.destroy())
        onward.on('error', () => socket.destroy())
        socket.pipe(onward).pipe(socket)
      })
    session = testSession(testNetwork({ engine }), {
      scope: testScope(['harbour.example', '198.18.0.80']),
      dialMap: { ...lab.dialMap, ca: pemOf(root.der) },
    })
    direct = testSession(testNetwork({ engine, allowPrivate: true }), { scope: testScope(['127.0.0.0/8']) })
  })
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]()
    await direct?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
    await nginx?.[Symbol.asyncDispose]()
  })

  async function lines(module: AnyModule, given: string): Promise<string[]> {
    const seen = await observed(module, session, given)
    expect(seen.end).toMatchObject({ outcome: seen.lines.length > 0 ? 'found' : 'empty', counts: { dropped: 0 } })
    return seen.lines
  }

  const shown = { server: 'nginx', contentType: 'text/html' }
  const at = { address: '198.18.0.80' }
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
    expect(await lines(httpProbe, 'domain:harbour.example')).toEqual([
      `-website-> url:http://harbour.example/ ${JSON.stringify({ status: 301, ...moved, length: 162, ...at })}`,
      `-website-> url:https://harbour.example/ ${JSON.stringify({ status: 308, ...moved, length: 164, ...at })}`,
      `= url:${www} #login ${JSON.stringify(homeFacts)}`,
      `url:http://harbour.example/ -redirects_to-> url:${www} {"redirect":301}`,
      `url:https://harbour.example/ -redirects_to-> url:${www} {"redirect":308}`,
      ...homeProducts,
    ])
    expect(await lines(httpProbe, 'domain:www.harbour.example')).toEqual([
      `-website-> url:http://www.harbour.example/ ${JSON.stringify({ status: 301, ...moved, length: 162, ...at })}`,
      `-website-> url:${www} #login ${JSON.stringify(homeFacts)}`,
      `url:http://www.harbour.example/ -redirects_to-> url:${www} {"redirect":301}`,
      ...homeProducts,
    ])
  })

  it('keeps apart what shares an address: a site of JSON, one whose certificate has expired, one that hangs up', async () => {
    const json = { status: 200, server: 'nginx', contentType: 'application/json', length: 11, ...at }
    expect(await lines(httpProbe, 'domain:api.harbour.example')).toEqual([
      `-website-> url:https://api.harbour.example/ ${JSON.stringify(json)}`,
      'url:https://api.harbour.example/ -product_used-> technology:nginx',
    ])
    const old = { status: 403, ...shown, length: 146, ...at, untrusted: 'CERT_HAS_EXPIRED' }
    expect(await lines(httpProbe, 'domain:old.harbour.example')).toEqual([
      `-website-> url:https://old.harbour.example/ ${JSON.stringify(old)}`,
    ])
    expect(await observed(httpProbe, session, 'domain:empty.harbour.example')).toMatchObject({
      lines: [],
      end: {
        outcome: 'unreachable',
        reason: 'The connection to empty.harbour.example failed: other side closed',
      },
    })
    expect(await observed(httpProbe, session, 'domain:nowhere.harbour.example')).toMatchObject({
      lines: [],
      end: { outcome: 'unreachable' },
    })
  })

  it('probes a web site on another port', async () => {
    const console = { status: 200, title: 'Console', ...shown, length: 40, ...at }
    expect(await lines(httpProbe, 'open-port:198.18.0.80:8080/tcp')).toEqual([
      `-website-> url:http://198.18.0.80:8080/ ${JSON.stringify(console)}`,
      'url:http://198.18.0.80:8080/ -product_used-> technology:nginx',
      'url:http://198.18.0.80:8080/ -uses_fingerprint-> fingerprint:favicon-mmh3:-1253000196',
    ])
  })

  it('crawls: links, forms, well-known files, and a robots.txt that is not there', async () => {
    const page = `= url:${www} #page {"status":200,"title":"Harbour & Sons","contentType":"text/html"}`
    expect(await lines(crawler, `url:${www}`)).toEqual([
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
    expect(await lines(crawler, `url:${www}sitemap.xml`)).toEqual([
      `-links_to-> url:${www}hidden?a=1&b=2`,
      `= url:${www}sitemap.xml #page {"status":200,"contentType":"text/xml"}`,
    ])
    expect(await lines(crawler, `url:${www}.well-known/security.txt`)).toEqual([
      `-links_to-> url:${www}policy`,
      '-mentions-> email:security@harbour.example',
      `= url:${www}.well-known/security.txt #page {"status":200,"contentType":"text/plain"}`,
    ])
    expect(await lines(crawler, `url:${www}away`)).toEqual([
      '-redirects_to-> url:https://partner.example/ {"redirect":302}',
    ])
    for (const nothing of ['robots.txt', 'private/', 'gone'])
      expect(await lines(crawler, `url:${www}${nothing}`)).toEqual([])
  })

  it('reads what the crawler fetched, from the record', async () => {
    for (const path of ['', 'static/app.js', 'big.html', 'private/'])
      await observed(crawler, session, `url:${www}${path}`)
    const before = (await nginx.served()).length
    expect(await lines(extractContacts, `url:${www}`)).toEqual([
      '-mentions-> email:crew@harbour.example',
      '-mentions-> email:desk@harbour.example',
      '-mentions-> phone:+442079460958',
    ])
    expect(await lines(extractContacts, `url:${www}static/app.js`)).toEqual(['-mentions-> email:ops@harbour.example'])
    expect(await lines(extractContacts, `url:${www}private/`)).toEqual([])
    expect(await lines(extractIdentifiers, `url:${www}`)).toEqual([
      '-mentions-> bank-account:GB33BUKB20201555555555',
      '-social_media_profile-> account:github.com/harbour-sons',
      '-uses_fingerprint-> fingerprint:analytics:UA-1234567',
    ])
    expect(await lines(extractSecrets, `url:${www}static/app.js`)).toEqual([
      `<-exposed_in- credential-leak:${credentialLeakValue('aws-access-key', 'AKIAIOSFODNN7EXAMPL2')} {"kind":"aws-access-key"}`,
    ])
    expect(await nginx.served()).toHaveLength(before)
  })

  it('reads a compressed page up to the limit and no further', async () => {
    await using task = testTask(session)
    const signal = new AbortController().signal
    const { body, truncated, headers } = await task.request(get(`${www}big.html`, { maxBytes: 2 << 20 }), signal)
    expect({ length: body.length, truncated, encoding: headers['content-encoding'] }).toEqual({
      length: 2 << 20,
      truncated: true,
      encoding: 'gzip',
    })
  })

  it('keeps its connections', async () => {
    const before = new Set((await nginx.served()).map(({ connection }) => connection))
    for (const path of ['about', 'static/app.js', 'sitemap.xml', 'gone'])
      await observed(crawler, session, `url:${www}${path}`)
    const later = (await nginx.served()).map(({ connection }) => connection)
    expect(new Set(later).size - before.size).toBeLessThanOrEqual(1)
  })

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
    expect(await lines(tlsCertificate, 'domain:www.harbour.example')).toEqual([
      `-certificate-> ${www} ${facts(leaf)}`,
      ...names,
    ])
    // Asked without a name.
    expect(await lines(tlsCertificate, 'open-port:198.18.0.80:443/tcp')).toEqual([
      `-certificate-> ${www} ${facts(leaf, 'ERR_TLS_CERT_ALTNAME_INVALID')}`,
      ...names,
    ])
    const [old, oldIssuing] = chain(expired)
    expect(await lines(tlsCertificate, 'domain:old.harbour.example')).toEqual([
      `-certificate-> ${old} #expired ${facts(expired, 'CERT_HAS_EXPIRED')}`,
      `${old} -common_name-> domain:old.harbour.example`,
      oldIssuing,
      `${old} -san_dns_name-> domain:old.harbour.example`,
    ])
  })

  it('finds its open ports', async () => {
    const { lines } = await observed(portScan, session, 'ip-address:198.18.0.80', { ports: [80, 81, 443, 8080] })
    expect(lines).toEqual([443, 80, 8080].map((port) => `-port-> open-port:198.18.0.80:${port}/tcp`))
  })

  it('scans loopback itself where the installation allows private targets and a seed names them', async () => {
    const site = `http://127.0.0.1:${nginx.ports[2]}/`
    const { lines } = await observed(portScan, direct, 'ip-address:127.0.0.1', { ports: nginx.ports })
    expect(lines).toEqual(nginx.ports.map((port) => `-port-> open-port:127.0.0.1:${port}/tcp`).sort())
    expect((await observed(crawler, direct, `url:${site}`)).lines).toEqual([
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
    const before = (await nginx.served()).length
    for (const session of [notAllowed, notNamed])
      expect(await observed(crawler, session, `url:http://127.0.0.1:${nginx.ports[2]}/`)).toMatchObject({
        lines: [],
        end: { outcome: 'out-of-scope' },
      })
    expect(await nginx.served()).toHaveLength(before)
  })
})
