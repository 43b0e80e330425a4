import { makeCompany } from './company.ts'
import { faviconBytes, robotsText, type Site } from './site.ts'
import type { Page, Part } from './page.ts'
import { personWithTitle, type Person } from './people.ts'
import { hex, mix } from './random.ts'
import type { TechnologyName } from './technologies.ts'

interface Plan {
  machine: string
  hosts: string[]
  http?: Site['http']
  technologies: TechnologyName[]
  favicon?: string
  parked?: boolean
  catchAll?: boolean
  robots?: NonNullable<Site['robots']>
  port?: number
  pages: Page[]
}

const text = (value: string): Part => ({ kind: 'text', text: value })
const link = (href: string, label = 'Read more'): Part => ({ kind: 'link', href, text: label })
const script = (href: string): Part => ({ kind: 'link', href, text: '', element: 'script' })
const mail = (email: string, mailto = false): Part => ({ kind: 'email', email, mailto })
const account = (href: string): Part => ({ kind: 'account', href })
const form = (method: 'GET' | 'POST', action: string, ...fields: string[]): Part => ({
  kind: 'form',
  method,
  action,
  fields,
})

/** Text that looks like something it is not; a reader who believes it is wrong. */
const decoys: readonly Part[] = [
  text('Our catalogue lists article 4006381333931 and build 1.2.3.4-rc5 of the planner.'),
  text('The sample account GB00 NWND 0000 0000 0000 00 does not exist, nor does order 0800-12.'),
  { kind: 'image', src: '/assets/logo@2x.png' },
  text('Session 00000000-0000-4000-8000-000000000000, colour #c0ffee, revision r20250301.'),
]

/** Every hand-made site of the world. */
export function makeSites(people: readonly Person[], seed: number): Site[] {
  return [...northwindSites(people, seed), ...otherSites()].map((plan) => {
    const pages = new Map(plan.pages.map((page) => [page.path, page]))
    if (plan.robots)
      pages.set('/robots.txt', {
        path: '/robots.txt',
        status: 200,
        type: 'text/plain',
        parts: [],
        body: robotsText(plan.robots),
      })
    if (plan.favicon !== undefined)
      pages.set('/favicon.ico', {
        path: '/favicon.ico',
        status: 200,
        type: 'image/x-icon',
        parts: [],
        body: faviconBytes(plan.favicon),
      })
    return { ...plan, http: plan.http ?? 'redirect', pages }
  })
}

function northwindSites(people: readonly Person[], seed: number): Plan[] {
  const press = personWithTitle(people, 'Press Contact')
  const sales = personWithTitle(people, 'Sales Lead')
  const engineer = personWithTitle(people, 'Head of Engineering')
  const reliability = personWithTitle(people, 'Site Reliability Engineer')
  const recruiter = personWithTitle(people, 'Recruiter')
  const security = personWithTitle(people, 'Security Officer')
  // On two pages, as templates do; it is one organization all the same.
  const company: Part = { kind: 'company', company: makeCompany(people) }
  const accessKey = `AKIA${hex(24, seed, 77)
    .toUpperCase()
    .replace(/[^A-Z2-7]/g, 'Q')
    .slice(0, 16)}`
  const token = `ghp_${hex(36, seed, 78)}`
  const www = 'https://www.northwind.example'
  return [
    {
      machine: 'web1',
      hosts: ['www.northwind.example'],
      technologies: ['nginx', 'Hugo'],
      favicon: 'northwind',
      robots: {
        disallow: ['/internal/', '/drafts/2025'],
        allow: ['/internal/press'],
        sitemaps: [`${www}/sitemap.xml`],
      },
      pages: [
        html('/', 'Northwind Trading', [
          { kind: 'analytics', id: 'UA-48120734-1' },
          company,
          link('/about', 'About us'),
          link('/products?page=1', 'Products'),
          link('contact', 'Contact'),
          link('https://shop.northwind.example/', 'Shop'),
          link('https://blog.northwind.example/', 'Blog'),
          link('https://careers.northwind.example/#open', 'Careers'),
          link('https://www.northwind-logistics.test/', 'Northwind Logistics'),
          link('//status.northwind.example/', 'Status'),
          script('https://static.northwind.example/app.js'),
          account('https://github.com/northwind-dev'),
          account('https://x.com/northwindtrade'),
          account('https://www.linkedin.com/company/northwind-trading'),
          text('Trade winds since 1996.'),
          ...decoys,
        ]),
        html('/about', 'About Northwind', [
          company,
          link('/', 'Home'),
          link('/team'),
          link('https://northwind-labs.example/', 'Our laboratory'),
          link('https://www.fjordbank.example/trade', 'Our bank'),
        ]),
        html('/team', 'The team', [
          ...[engineer, press, sales].flatMap((person): Part[] => [
            text(`${person.name}, ${person.title}`),
            mail(person.email, person === sales),
          ]),
          account('https://mastodon.social/@northwind'),
        ]),
        html('/products?page=1', 'Products, page 1', [
          link('/products?page=2', 'Next'),
          link('/datasheet.pdf', 'Data sheet'),
        ]),
        html('/products?page=2', 'Products, page 2', [
          link('/products?page=1', 'Previous'),
          { kind: 'link', href: '/plan', text: 'Plan of the store', element: 'area' },
        ]),
        html('/plan', 'Plan of the store', [text('Aisle 3 is closed.')]),
        html('/contact', 'Contact', [
          mail('info@northwind.example'),
          mail('sales@northwind.example', true),
          { kind: 'phone', phone: '+442079460100', shown: '+44 20 7946 0100' },
          { kind: 'phone', phone: press.phone, shown: press.phone, tel: true },
          form('POST', '/contact/send', 'name', 'email', 'message'),
        ]),
        html('/internal/press', 'Press', [
          mail(press.email),
          text('Pictures on request.'),
          // An address of the Tor specification's test vectors.
          { kind: 'onion', shown: 'sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion' },
        ]),
        html('/legal', 'Legal', [
          text('Northwind Trading Ltd, registered in England.'),
          { kind: 'iban', shown: ibanOf(seed, 1) },
          mail('legal@northwind.example'),
        ]),
        {
          path: '/datasheet.pdf',
          status: 200,
          type: 'application/pdf',
          parts: [],
          body: '%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n',
        },
        {
          path: '/sitemap.xml',
          status: 200,
          type: 'application/xml',
          parts: [`${www}/`, `${www}/about`, `${www}/legal`, `${www}/internal/press`].map((href) => link(href)),
          body: `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${['/', '/about', '/legal', '/internal/press'].map((path) => `<url><loc>${www}${path}</loc></url>`).join('\n')}\n</urlset>\n`,
        },
        {
          path: '/.well-known/security.txt',
          status: 200,
          type: 'text/plain',
          parts: [mail('security@northwind.example'), link(`${www}/security-policy`)],
          body: `Contact: mailto:security@northwind.example\nPolicy: ${www}/security-policy\nExpires: 2045-01-01T00:00:00Z\nPreferred-Languages: en\n`,
        },
        html('/security-policy', 'How to report a weakness', [
          mail(security.email),
          text('We answer within two days.'),
        ]),
      ],
    },
    {
      machine: 'web1',
      hosts: ['northwind.example'],
      technologies: ['nginx'],
      pages: [moved('/', `${www}/`)],
    },
    {
      machine: 'web1',
      hosts: ['careers.northwind.example'],
      technologies: ['nginx', 'PHP'],
      favicon: 'northwind',
      pages: [
        html('/', 'Careers at Northwind', [
          mail(recruiter.email, true),
          mail('jobs@northwind.example'),
          link('/jobs/sre'),
          link('https://www.northwind.example/about', 'Who we are'),
        ]),
        html('/jobs/sre', 'Site reliability engineer', [
          text('You run Kubernetes, you read packet captures.'),
          form('POST', 'https://careers.northwind.example/apply', 'name', 'cv'),
        ]),
      ],
    },
    {
      machine: 'web1',
      hosts: ['investors.northwind.example'],
      technologies: ['nginx'],
      pages: [
        html('/', 'Investors', [
          { kind: 'iban', shown: ibanOf(seed, 2) },
          { kind: 'crypto', shown: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
          { kind: 'crypto', shown: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed' },
          { kind: 'hash', shown: hex(64, seed, 5) },
          mail('investors@northwind.example'),
        ]),
      ],
    },
    {
      machine: 'web1',
      hosts: ['partners.northwind.example'],
      technologies: ['nginx', 'PHP', 'Laravel'],
      pages: [html('/', 'Partner sign-in', [form('POST', '/session', 'user', 'password')])],
    },
    {
      machine: 'web1',
      hosts: ['xn--bcher-kva.northwind.example'],
      technologies: ['nginx'],
      pages: [
        html('/', 'Bücher von Northwind', [text('Bücher über Wind und Handel.'), mail('buecher@northwind.example')]),
      ],
    },
    {
      machine: 'web1',
      hosts: ['brand.northwind.example'],
      technologies: ['nginx'],
      pages: [
        html('/', 'Brand', [
          text('Use the logo as it is.'),
          link('https://storage.googleapis.com/northwind-press-kit/logos.zip', 'All logos'),
        ]),
        {
          path: '/logo.svg',
          status: 200,
          type: 'image/svg+xml',
          parts: [],
          body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>\n',
        },
      ],
    },
    {
      machine: 'web1',
      hosts: ['mta-sts.northwind.example'],
      technologies: ['nginx'],
      pages: [
        {
          path: '/.well-known/mta-sts.txt',
          status: 200,
          type: 'text/plain',
          parts: [],
          body: 'version: STSv1\r\nmode: enforce\r\nmx: mx1.northwind.example\r\nmx: *.mail.protection.outlook.com\r\nmax_age: 604800\r\n',
        },
      ],
    },
    {
      machine: 'web2',
      hosts: ['portal.northwind.example'],
      technologies: ['Apache HTTP Server', 'PHP', 'WordPress'],
      favicon: 'wordpress',
      pages: [
        html('/', 'Customer portal', [
          { kind: 'analytics', id: 'UA-48120734-2' },
          form('POST', '/login.php', 'user', 'password'),
          link('/help'),
          link('https://login.northwind.example/reset?from=portal', 'Forgot?'),
        ]),
        html('/help', 'Help', [link('https://support.northwind.example/', 'Support'), link('/missing', 'Old page')]),
        html('/login.php', 'Sign in', [form('POST', '/login.php', 'user', 'password')]),
        ...error('/missing', 404),
      ],
    },
    {
      machine: 'web2',
      hosts: ['support.northwind.example'],
      technologies: ['Apache HTTP Server', 'PHP'],
      pages: [
        html('/', 'Support', [
          mail('support@northwind.example'),
          { kind: 'phone', phone: '+442079460123', shown: '+44 (0)20 7946 0123' },
          form('GET', '/search', 'q'),
        ]),
        html('/search', 'Search', [text('Nothing found.')]),
      ],
    },
    {
      machine: 'web2',
      hosts: ['docs.northwind.example'],
      technologies: ['Apache HTTP Server', 'Hugo'],
      robots: { disallow: ['/old/', '/*.bak$'] },
      pages: [
        html('/', 'Documentation', [
          link('/api/'),
          link('/guides/start'),
          link('https://github.com/northwind-dev/storefront', 'Source'),
        ]),
        html('/api/', 'API', [
          link('https://api.northwind.example/v1/', 'Endpoint'),
          link('https://northwind-backups.s3.amazonaws.com/export.csv', 'Sample'),
        ]),
        html('/guides/start', 'Start here', [link('../api/'), link('/guides/next')]),
        html('/guides/next', 'Go on', [link('/guides/start')]),
        html('/old/', 'Old documentation', [mail('webmaster@northwind.example')]),
      ],
    },
    {
      machine: 'web2',
      hosts: ['wiki.northwind.example'],
      technologies: ['Apache HTTP Server', 'PHP', 'MediaWiki'],
      pages: [
        html('/', 'Northwind wiki', [text('Sign in to read.'), link('/login')]),
        html('/login', 'Sign in', [form('POST', '/login', 'name', 'password')]),
      ],
    },
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
    {
      machine: 'dev1',
      hosts: ['dev.northwind.example'],
      technologies: ['nginx', 'Express'],
      pages: [
        html('/', 'Development', [
          text('Nothing here is for customers.'),
          { kind: 'secret', secretKind: 'github-token', secret: token },
          mail(reliability.email),
        ]),
      ],
    },
    {
      machine: 'dev1',
      hosts: ['staging.northwind.example', 'test.northwind.example'],
      technologies: ['nginx'],
      pages: [{ path: '/', status: 401, type: 'text/html', title: '401 Authorization Required', parts: [] }],
    },
    {
      machine: 'dev1',
      hosts: ['ci.northwind.example'],
      technologies: ['Jetty', 'Jenkins'],
      favicon: 'jenkins',
      http: 'serve',
      port: 8080,
      pages: [
        html('/', 'Dashboard [Jenkins]', [link('/login'), form('GET', '/search/', 'q')]),
        html('/login', 'Sign in [Jenkins]', [form('POST', '/j_spring_security_check', 'j_username', 'j_password')]),
      ],
    },
    {
      machine: 'dev1',
      hosts: ['main.preview.northwind.example'],
      technologies: ['nginx'],
      pages: [html('/', 'Preview of main', [text('Built today.')])],
    },
    {
      machine: 'git1',
      hosts: ['git.northwind.example'],
      technologies: ['nginx', 'Gitea'],
      favicon: 'gitea',
      pages: [
        html('/', 'Northwind Git', [link('/explore/repos'), link('/user/login')]),
        html('/explore/repos', 'Repositories', [link('/user/login')]),
        html('/user/login', 'Sign in', [form('POST', '/user/login', 'user_name', 'password')]),
      ],
    },
    {
      machine: 'vpn1',
      hosts: ['vpn.northwind.example', 'remote.northwind.example'],
      technologies: [],
      favicon: 'vpn-gateway',
      pages: [html('/', 'Remote access', [form('POST', '/remote/logincheck', 'username', 'credential')])],
    },
    {
      machine: 'mon1',
      hosts: ['monitor.northwind.example', 'grafana.northwind.example'],
      technologies: ['nginx', 'Grafana'],
      favicon: 'grafana',
      pages: [{ ...moved('/', '/login') }, html('/login', 'Grafana', [form('POST', '/login', 'user', 'password')])],
    },
    {
      machine: 'mon1',
      hosts: ['kibana.northwind.example'],
      technologies: ['nginx', 'Kibana'],
      pages: [html('/', 'Elastic', [text('Loading.')])],
    },
    {
      machine: 'mail1',
      hosts: ['mail.northwind.example', 'webmail.northwind.example', 'imap.northwind.example'],
      technologies: ['Apache HTTP Server', 'PHP'],
      favicon: 'roundcube',
      pages: [html('/', 'Northwind Webmail', [form('POST', '/?_task=login', '_user', '_pass')])],
    },
    {
      machine: 'legacy1',
      hosts: ['legacy.northwind.example'],
      technologies: ['Microsoft IIS', 'ASP.NET'],
      http: 'serve',
      pages: [
        html('/', 'Northwind Intranet 2009', [
          link('/phonebook.aspx', 'Phone book'),
          link('http://dev.northwind.example/', 'Development'),
          { kind: 'link', href: 'http://10.20.0.8/cam', text: 'Camera', element: 'iframe' },
        ]),
        html('/phonebook.aspx', 'Phone book', [
          text(`${sales.name}, ${sales.title}`),
          { kind: 'phone', phone: sales.phone, shown: sales.phone.replace(/^(\+44)(20)(\d{4})/, '$1 $2 $3 ') },
          mail('postmaster@northwind.example'),
        ]),
      ],
    },
    {
      machine: 'corpweb',
      hosts: ['intranet.corp.northwind.example', 'hr.corp.northwind.example', 'corp.northwind.example'],
      technologies: ['Microsoft IIS', 'ASP.NET'],
      favicon: 'iis',
      pages: [
        html('/', 'Intranet', [mail('it-desk@northwind.example'), link('/documents/')]),
        html('/documents/', 'Documents', [text('Staff only.')]),
      ],
    },
    {
      machine: 'ec2',
      hosts: ['batch.northwind.example'],
      technologies: ['nginx'],
      pages: [html('/', 'Batch runner', [text('Idle.')])],
    },
    {
      machine: 'shared1',
      hosts: ['events.northwind.example'],
      technologies: ['Apache HTTP Server', 'PHP', 'WordPress'],
      favicon: 'wordpress',
      http: 'serve',
      pages: [
        html('/', 'Events', [mail('events@northwind.example'), link('https://www.northwind.example/', 'Northwind')]),
      ],
    },
    {
      machine: 'shopify',
      hosts: ['shop.northwind.example'],
      technologies: ['nginx', 'Shopify'],
      favicon: 'shopify',
      pages: [
        html('/', 'Northwind shop', [
          { kind: 'analytics', id: 'UA-48120734-3' },
          link('/collections/all'),
          link('https://northwind-shop.example/', 'Old shop'),
        ]),
        html('/collections/all', 'All products', [link('/'), link('/cart')]),
        html('/cart', 'Cart', [form('POST', '/cart/add', 'id', 'quantity')]),
      ],
    },
    {
      machine: 'cloudfront',
      hosts: ['static.northwind.example'],
      technologies: ['Amazon S3', 'Amazon CloudFront'],
      pages: [
        {
          path: '/',
          status: 403,
          type: 'application/xml',
          parts: [],
          body: '<Error><Code>AccessDenied</Code></Error>\n',
        },
        {
          path: '/app.js',
          status: 200,
          type: 'application/javascript',
          parts: [
            text('// storefront'),
            { kind: 'hash', shown: hex(40, seed, 6).replace(/^./, 'a') },
            mail('frontend@northwind.example'),
          ],
        },
      ],
    },
    {
      machine: 'edge',
      hosts: ['assets.northwind.example'],
      technologies: ['nginx'],
      pages: [html('/', 'Assets', [text('Pictures.')])],
    },
    {
      machine: 'statuspage',
      hosts: ['status.northwind.example'],
      technologies: ['nginx'],
      favicon: 'statuspage',
      pages: [
        html('/', 'Northwind status', [
          text('All systems operational.'),
          link('https://www.northwind.example/contact', 'Contact'),
        ]),
      ],
    },
    {
      machine: 'github',
      hosts: ['blog.northwind.example'],
      technologies: ['GitHub Pages'],
      pages: [
        html('/', 'Northwind engineering blog', [
          link('/2025/launch'),
          account(`https://github.com/${reliability.username}`),
        ]),
        html('/2025/launch', 'How we launched', [
          text('We shipped on a Friday.'),
          mail(engineer.email),
          link('https://www.fjordbank.example/', 'Thanks'),
          account('https://news.ycombinator.com/user?id=northwind-dev'),
        ]),
      ],
    },
    {
      machine: 'parking',
      hosts: ['promo.northwind.example', 'parkingpage.sedoparking.com'],
      technologies: ['nginx'],
      parked: true,
      catchAll: true,
      http: 'serve',
      pages: [
        html('/', 'promo.northwind.example', [
          text(
            'This domain is parked free of charge. The domain promo.northwind.example may be for sale. Buy this domain.',
          ),
          link('https://cheap-trips.example/?sid=883', 'Cheap trips'),
          link('https://loans-now.example/?sid=883', 'Loans now'),
          mail('owner@domain-meadow.example'),
          { kind: 'analytics', id: 'UA-99999999-1' },
        ]),
      ],
    },
  ]
}

function otherSites(): Plan[] {
  return [
    {
      machine: 'ec2',
      hosts: ['api.northwind-labs.example'],
      technologies: ['nginx'],
      pages: [{ path: '/', status: 200, type: 'application/json', parts: [], body: '{"lab":"open"}\n' }],
    },
    {
      machine: 'ec2labs',
      hosts: ['northwind-labs.example', 'www.northwind-labs.example'],
      technologies: ['nginx'],
      favicon: 'northwind',
      pages: [
        html('/', 'Northwind Labs', [
          mail('labs@northwind.example'),
          link('https://www.northwind.example/', 'Northwind'),
        ]),
      ],
    },
    {
      machine: 'ec2labsWild',
      hosts: [],
      technologies: ['nginx'],
      catchAll: true,
      pages: [html('/', 'Experiment', [text('No such experiment.')])],
    },
    {
      machine: 'logisticsWeb',
      hosts: ['northwind-logistics.test', 'www.northwind-logistics.test', 'track.northwind-logistics.test'],
      technologies: ['nginx', 'PHP'],
      favicon: 'northwind',
      pages: [
        html('/', 'Northwind Logistics', [
          mail('desk@northwind-logistics.test'),
          link('https://www.northwind.example/', 'Northwind'),
        ]),
      ],
    },
    {
      machine: 'shared1',
      hosts: ['northwind-shop.example', 'www.northwind-shop.example'],
      technologies: ['Apache HTTP Server'],
      pages: [moved('/', 'https://shop.northwind.example/')],
    },
    {
      machine: 'bank',
      hosts: ['www.fjordbank.example', 'fjordbank.example'],
      technologies: ['nginx'],
      pages: [
        html('/', 'Fjordbank', [text('Money by the sea.')]),
        html('/trade', 'Trade finance', [mail('trade@fjordbank.example')]),
      ],
    },
    {
      machine: 'lookalike',
      hosts: ['n0rthwind.example', 'www.n0rthwind.example'],
      technologies: ['nginx'],
      favicon: 'northwind',
      pages: [html('/', 'Northwind Trading', [form('POST', '/collect', 'user', 'password')])],
    },
    {
      machine: 'liarPage',
      hosts: ['search-help.fjord-access.example'],
      technologies: ['nginx'],
      catchAll: true,
      http: 'serve',
      pages: [
        html('/', 'Fjord search help', [
          text('We could not find that name.'),
          link('https://cheap-trips.example/?sid=1', 'Cheap trips'),
        ]),
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

function html(path: string, title: string, parts: readonly Part[]): Page {
  return { path, status: 200, type: 'text/html', title, parts: [...parts] }
}

function moved(path: string, location: string): Page {
  return { path, status: 302, type: 'text/html', location, parts: [] }
}

/** An error page that links things which do not exist. */
function error(path: string, status: number): Page[] {
  return [
    {
      path,
      status,
      type: 'text/html',
      title: 'Not found',
      parts: [link('/also-missing'), mail('nobody@northwind.example')],
    },
  ]
}

/** A British account number of a bank that does not exist, with right check digits (ISO 7064 MOD 97-10), in groups of four. */
function ibanOf(seed: number, index: number): string {
  const account = `NWND${String(mix(seed, 900 + index) % 1e9).padStart(14, '0')}`
  const digits = `${account}GB00`
    .split('')
    .map((character) => String(Number.parseInt(character, 36)))
    .join('')
  const check = 98n - (BigInt(digits) % 97n)
  return `GB${String(check).padStart(2, '0')}${account}`.replace(/.{4}(?=.)/g, '$& ')
}
