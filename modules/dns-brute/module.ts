import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineModule, observe, t } from '@mirage/module-sdk'

/** Names that are asked at the same time whether anything below them answers. */
const atOnce = 50

/**
 * Names below a domain that exist, guessed from a list of labels that people use. Wildcards are recognised and their
 * answers left out by the resolver, and a guess between canaries that hit is discarded. The domain and every
 * name found are tagged where any name below them answers (RFC 4592).
 */
export const module = defineModule({
  id: 'dns-brute',
  version: 1,
  title: 'DNS guesses',
  summary: 'Names below a domain, guessed from a list of common labels',
  homepage: 'https://www.rfc-editor.org/rfc/rfc1035',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain'],
  contact: 'relayed',
  onlyInScope: true,
  origin: 'dns',
  useCases: ['footprint'],
  limits: { concurrency: 4, timeout: '10m' },
  settings: t.Object({
    labels: t.Array(t.String({ pattern: '^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$' }), {
      default: [],
      description: 'Labels to guess besides those of the list.',
    }),
  }),
  sample: 'northwind.example',
  async *run({ entity, dns, settings }) {
    const parents = [entity.value]
    for await (const { name } of dns.guess(entity.value, [...settings.labels, ...commonLabels()])) {
      yield observe('domain', name, { via: 'subdomain' })
      parents.push(name)
    }
    for (let first = 0; first < parents.length; first += atOnce) {
      const names = parents.slice(first, first + atOnce)
      const answers = await Promise.all(names.map((name) => dns.isWildcard(name, 'A')))
      for (const name of names.filter((_, i) => answers[i])) yield observe('domain', name, { tags: ['wildcard'] })
    }
  },
})

function commonLabels(): string[] {
  return readFileSync(join(import.meta.dirname, 'labels.txt'), 'utf8')
    .trim()
    .split('\n')
}
