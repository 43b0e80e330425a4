import { ibanOf } from '../iban.ts'
import { personWithTitle, type Person } from '../people.ts'
import { hex } from '../random.ts'
import { form, html, link, mail, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** A site each for applicants, investors, partners, readers and designers, and one for mail servers. */
export function audienceSites(people: readonly Person[], seed: number): Plan[] {
  const recruiter = personWithTitle(people, 'Recruiter')
  return [
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
  ]
}
