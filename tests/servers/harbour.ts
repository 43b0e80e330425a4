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
import type { AnyModule } from '@mirage/module-sdk/define.ts'
import type { Session } from '@mirage/network/session.ts'
import { testEngine } from '@mirage/network/testing/engine.ts'
import { openTestLab } from '@mirage/network/testing/lab.ts'
import { testNetwork, testScope, testSession } from '@mirage/network/testing/session.ts'
import { expect } from 'vitest'
import { type Nginx, startNginx } from './nginx.ts'
import { observed } from './observed.ts'

/**
 * A web presence on a real nginx, for the modules that look at one. Names and usual ports are reached as in a lab run, by
 * a SOCKS server that leads to nginx's ports; `direct` dials nginx's loopback ports itself, as an installation that allows
 * private targets does.
 */
export interface Harbour extends AsyncDisposable {
  nginx: Nginx
  session: Session
  direct: Session
  /** What a module observes of an entity, a line each; fails the test where it drops something or does not end well. */
  lines(module: AnyModule, given: string): Promise<string[]>
}

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

export { expired, intermediate, leaf }

export const www = 'https://www.harbour.example/'

export const home = `<!doctype html><html><head><title>Harbour &amp; Sons</title><meta name="generator" content="WordPress 6.5">
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

export const engine = testEngine({
  'harbour.example A': ['198.18.0.80'],
  'www.harbour.example CNAME': ['harbour.example'],
  'api.harbour.example A': ['198.18.0.80'],
  'old.harbour.example A': ['198.18.0.80'],
  'empty.harbour.example A': ['198.18.0.80'],
  'nowhere.harbour.example A': ['198.18.0.99'],
})

export async function startHarbour(): Promise<Harbour> {
  await using opened = new AsyncDisposableStack()
  const nginx = opened.use(
    await startNginx({
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
    }),
  )
  const lab = opened.use(await openTestLab())
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
  const session = opened.use(
    testSession(testNetwork({ engine }), {
      scope: testScope(['harbour.example', '198.18.0.80']),
      dialMap: { ...lab.dialMap, ca: pemOf(root.der) },
    }),
  )
  const direct = opened.use(
    testSession(testNetwork({ engine, allowPrivate: true }), { scope: testScope(['127.0.0.0/8']) }),
  )
  const closing = opened.move()
  return {
    nginx,
    session,
    direct,
    async lines(module, given) {
      const seen = await observed(module, session, given)
      expect(seen.end).toMatchObject({ outcome: seen.lines.length > 0 ? 'found' : 'empty', counts: { dropped: 0 } })
      return seen.lines
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}
