import { personWithTitle, type Person } from '../people.ts'
import { hex } from '../random.ts'
import { account, form, html, link, mail, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** Names of the company on machines of others: clouds, delivery networks, a shop, a status page, one parked. */
export function hostedSites(people: readonly Person[], seed: number): Plan[] {
  const engineer = personWithTitle(people, 'Head of Engineering')
  const reliability = personWithTitle(people, 'Site Reliability Engineer')
  return [
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
