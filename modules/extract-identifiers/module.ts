import { extract } from '@mirage/model/extract.ts'
import { definitionOf } from '@mirage/model/registry.ts'
import { defineModule, observe } from '@mirage/module-sdk'
import { readRecorded } from '@mirage/module-sdk/recorded.ts'

/**
 * What ties pages to people and to each other: crypto addresses, bank accounts, digests, profiles on other sites, and the
 * ids under which they count their visitors. Read from pages that the run has recorded; sends nothing.
 */
export const module = defineModule({
  id: 'extract-identifiers',
  version: 1,
  title: 'Identifiers in pages',
  summary: 'Crypto addresses, IBANs, hashes, social profiles and analytics ids in recorded pages',
  homepage: 'https://html.spec.whatwg.org/',
  consumes: [{ type: 'url', where: 'isPage' }],
  produces: ['crypto-address', 'bank-account', 'hash', 'account', 'fingerprint'],
  contact: 'none',
  origin: 'target',
  useCases: ['footprint', 'investigate', 'identity'],
  sample: 'https://www.northwind.example/',
  batch: 50,
  async *run({ entity, http }) {
    const recorded = await readRecorded(http, entity.value)
    if (!recorded) return
    const { seen, source, page } = recorded
    for (const { type, raw } of extract(seen, ['crypto-address', 'bank-account', 'hash'])) {
      // Those three are what was asked for.
      yield observe(type as 'crypto-address' | 'bank-account' | 'hash', raw, { via: 'mentions' })
    }
    for (const { url, element } of page?.links ?? []) {
      const profile = element === 'a' ? definitionOf('account').fromUrl?.(url) : undefined
      if (profile) yield observe('account', profile, { via: 'social_media_profile' })
    }
    for (const { value } of extract(source, ['fingerprint'])) {
      yield observe('fingerprint', value, { via: 'uses_fingerprint' })
    }
  },
})
