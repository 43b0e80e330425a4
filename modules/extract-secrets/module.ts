import { credentialLeakValue } from '@mirage/model/entities/threat/credential-leak.ts'
import { defineModule, observe } from '@mirage/module-sdk'
import { readRecorded } from '@mirage/module-sdk/recorded.ts'
import { findSecrets } from './secrets.ts'

/**
 * Keys and tokens that stand in pages and scripts for everyone to read. Read from pages that the run has recorded; sends
 * nothing, tries no key, and passes on only a mask and a digest of it.
 */
export const module = defineModule({
  id: 'extract-secrets',
  version: 1,
  title: 'Secrets in pages',
  summary: 'Keys and tokens in recorded pages and scripts, masked',
  homepage: 'https://cwe.mitre.org/data/definitions/798.html',
  consumes: [{ type: 'url', where: 'isPage' }],
  produces: ['credential-leak'],
  contact: 'none',
  origin: 'target',
  useCases: ['footprint', 'investigate', 'monitor'],
  sample: 'https://app.northwind.example/bundle.js',
  batch: 50,
  async *run({ entity, http }) {
    const recorded = await readRecorded(http, entity.value)
    for (const { kind, secret } of findSecrets(recorded?.source ?? '')) {
      yield observe('credential-leak', credentialLeakValue(kind, secret), {
        via: 'exposed_in',
        // The leak is exposed in the page, not the page in the leak.
        direction: 'in',
        attributes: { kind },
      })
    }
  },
})
