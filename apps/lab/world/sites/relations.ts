import { html, link, mail, moved, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** Companies that belong to it or that it deals with: laboratory, logistics, the old shop, the bank. */
export function relationSites(): Plan[] {
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
  ]
}
