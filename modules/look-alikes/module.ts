import { defineModule, observe } from '@mirage/module-sdk'
import { lookAlikes } from './permutations.ts'

/**
 * Registered names that readers could take for a domain under the same suffix, as for phishing: every name one edit
 * away, and those with characters that look alike, asked for in DNS. Wildcards of a suffix are recognised by the
 * resolver and left out.
 */
export const module = defineModule({
  id: 'look-alikes',
  version: 1,
  title: 'Look-alike domains',
  summary: 'Registered domains that could be taken for this one',
  homepage: 'https://www.unicode.org/reports/tr39/',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain'],
  contact: 'relayed',
  onlyInScope: true,
  origin: 'dns',
  useCases: ['investigate', 'monitor'],
  limits: { concurrency: 1, timeout: '10m' },
  sample: 'northwind.example',
  async *run({ entity, dns }) {
    const dot = entity.value.indexOf('.')
    const suffix = entity.value.slice(dot + 1)
    const labels = lookAlikes(entity.value.slice(0, dot))
    if (labels.size === 0) return
    for await (const { name } of dns.guess(suffix, labels)) yield observe('domain', name, { via: 'looks_like' })
  },
})
