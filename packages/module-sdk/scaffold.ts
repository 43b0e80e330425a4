import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a new module into `folder`, which passes the harness as it is: a source that answers host names of a domain as
 * JSON. Answers the files written, as paths within the folder. Throws where one of them is there already.
 */
export async function writeScaffold(folder: string, id: string): Promise<string[]> {
  const files: Record<string, string> = {
    'module.ts': moduleText(id),
    'module.test.ts': testText(id),
    'fixtures/README.md': `\`hosts.json\`: shape of https://… (say where the documentation of the source shows it); values are made up.\n`,
    'fixtures/hosts.json': `{\n  "hosts": [\n    { "name": "www.northwind.example", "seen": "2025-12-01T10:00:00Z" },\n    { "name": null }\n  ]\n}\n`,
  }
  await mkdir(join(folder, 'fixtures'), { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { flag: 'wx' })
  return Object.keys(files)
}

function titleOf(id: string): string {
  const words = id.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function moduleText(id: string): string {
  return `import { defineModule, observe, t, url } from '@mirage/module-sdk'

/** The fields that are used; others are not looked at, and a row that does not fit is left out and counted. */
const Hosts = t.Object({ hosts: t.Array(t.Object({ name: t.String(), seen: t.Optional(t.String()) })) })

/** Host names of a domain. Source: say what it is and where its format is documented (https://…). */
export const module = defineModule({
  id: '${id}',
  version: 1,
  title: '${titleOf(id)}',
  summary: 'Host names of a domain',
  homepage: 'https://${id}.example',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain'],
  contact: 'stored',
  useCases: ['footprint'],
  limits: { perMinute: 30, concurrency: 1, cacheFor: '6h' },
  sample: 'northwind.example',
  async *run({ entity, http }) {
    const answer = await http.json(url\`https://api.${id}.example/hosts?domain=\${entity.value}\`, Hosts, { missing: [404] })
    for (const { name, seen } of answer?.hosts ?? []) yield observe('domain', name, { via: 'subdomain', seenAt: seen })
  },
})
`
}

function testText(id: string): string {
  return `import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://api.${id}.example/hosts?domain=northwind.example'
const given = 'northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields each name with the time it was seen',
      given,
      http: [{ url, body: fixture(import.meta.dirname, 'hosts.json') }],
      dropped: 1,
      expect: ['-subdomain-> domain:www.northwind.example @2025-12-01T10:00:00.000Z'],
    },
    { name: 'takes 404 for nothing known', given, http: [{ url, status: 404 }], expect: [] },
  ],
})
`
}
