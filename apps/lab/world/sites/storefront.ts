import type { Page } from '../page.ts'
import { hex } from '../random.ts'
import { form, html, link, mail, moved, script, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** The application that customers use, its interface and its sign-in; a key was left in its script. */
export function storefrontSites(seed: number): Plan[] {
  const accessKey = `AKIA${hex(24, seed, 77)
    .toUpperCase()
    .replace(/[^A-Z2-7]/g, 'Q')
    .slice(0, 16)}`
  return [
    {
      machine: 'app1',
      hosts: ['app.northwind.example'],
      technologies: ['nginx', 'Express'],
      favicon: 'storefront',
      pages: [
        html('/', 'Storefront', [
          { kind: 'analytics', id: 'GTM-NWND48' },
          script('/bundle.js'),
          link('https://api.northwind.example/v1/', 'API'),
          link('https://play.google.com/store/apps/details?id=example.northwind.storefront', 'For Android'),
          link('https://apps.apple.com/gb/app/northwind-storefront/id1480012345', 'For iPhone'),
        ]),
        assetLinks('example.northwind.storefront', 'https://login.northwind.example', 'https://shop.northwind.example'),
        {
          path: '/bundle.js',
          status: 200,
          type: 'application/javascript',
          parts: [
            text('(()=>{"use strict";'),
            { kind: 'secret', secretKind: 'aws-access-key', secret: accessKey },
            { kind: 'analytics', id: 'GTM-NWND48' },
            text('})();'),
          ],
        },
      ],
    },
    {
      machine: 'app1',
      hosts: ['api.northwind.example'],
      technologies: ['nginx', 'Express'],
      pages: [
        { path: '/', status: 404, type: 'application/json', parts: [], body: '{"error":"not found","see":"/v1/"}\n' },
        {
          path: '/v1/',
          status: 200,
          type: 'application/json',
          parts: [mail('api@northwind.example')],
          body: '{"service":"storefront","contact":"api@northwind.example"}\n',
        },
      ],
    },
    {
      machine: 'app1',
      hosts: ['login.northwind.example'],
      technologies: ['nginx', 'Express'],
      pages: [
        html('/', 'Sign in to Northwind', [form('POST', '/session', 'user', 'password')]),
        // A redirect that a careless client follows into the private network of its own host.
        moved('/reset?from=portal', 'http://169.254.169.254/latest/meta-data/'),
      ],
    },
  ]
}

/** A list of statements (https://developers.google.com/digital-asset-links): an app, and the sites that share passwords. */
function assetLinks(app: string, ...sites: string[]): Page {
  const relation = ['delegate_permission/common.get_login_creds']
  const statements = [
    {
      relation: ['delegate_permission/common.handle_all_urls', ...relation],
      target: {
        namespace: 'android_app',
        package_name: app,
        sha256_cert_fingerprints: [
          hex(64, 48, 12)
            .toUpperCase()
            .replace(/..(?=.)/g, '$&:'),
        ],
      },
    },
    ...sites.map((site) => ({ relation, target: { namespace: 'web', site } })),
  ]
  return {
    path: '/.well-known/assetlinks.json',
    status: 200,
    type: 'application/json',
    parts: [{ kind: 'app', id: `android:${app}` }, ...sites.map((site) => link(`${site}/`))],
    body: `${JSON.stringify(statements, undefined, 2)}\n`,
  }
}
