import { form, html, link, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** Sites that deceive: a look-alike of the company's, and the page that a resolver shows instead of saying no. */
export function trapSites(): Plan[] {
  return [
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
