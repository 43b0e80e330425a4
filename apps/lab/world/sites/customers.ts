import type { Page } from '../page.ts'
import { form, html, link, mail, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** Where customers get help: portal, support, documentation, wiki. */
export function customerSites(): Plan[] {
  return [
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
  ]
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
