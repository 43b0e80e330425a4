import { personWithTitle, type Person } from '../people.ts'
import { form, html, link, mail, moved, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** What only staff should use: remote access, monitoring, mail, intranets old and new. */
export function staffSites(people: readonly Person[]): Plan[] {
  const sales = personWithTitle(people, 'Sales Lead')
  return [
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
  ]
}
