import { personWithTitle, type Person } from '../people.ts'
import { hex } from '../random.ts'
import { form, html, link, mail, text } from './page-parts.ts'
import type { Plan } from './plan.ts'

/** Where software is made: development, staging, builds, previews, source. */
export function developmentSites(people: readonly Person[], seed: number): Plan[] {
  const reliability = personWithTitle(people, 'Site Reliability Engineer')
  const token = `ghp_${hex(36, seed, 78)}`
  return [
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
  ]
}
