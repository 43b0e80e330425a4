import { makeCompany } from '../company.ts'
import { ibanOf } from '../iban.ts'
import type { Part } from '../page.ts'
import { personWithTitle, type Person } from '../people.ts'
import { account, form, html, link, mail, moved, script, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** Text that looks like something it is not; a reader who believes it is wrong. */
const decoys: readonly Part[] = [
  text('Our catalogue lists article 4006381333931 and build 1.2.3.4-rc5 of the planner.'),
  text('The sample account GB00 NWND 0000 0000 0000 00 does not exist, nor does order 0800-12.'),
  { kind: 'image', src: '/assets/logo@2x.png' },
  text('Session 00000000-0000-4000-8000-000000000000, colour #c0ffee, revision r20250301.'),
]

/** What the company says of itself to everybody: `www`, and the bare name that leads there. */
export function frontSites(people: readonly Person[], seed: number): Plan[] {
  const press = personWithTitle(people, 'Press Contact')
  const sales = personWithTitle(people, 'Sales Lead')
  const engineer = personWithTitle(people, 'Head of Engineering')
  const security = personWithTitle(people, 'Security Officer')
  // On two pages, as templates do; it is one organization all the same.
  const company: Part = { kind: 'company', company: makeCompany(people) }
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
  ]
}
