import { extract } from '@mirage/model/extract.ts'
import { defineModule, observe } from '@mirage/module-sdk'
import { readRecorded } from '@mirage/module-sdk/recorded.ts'

/**
 * E-mail addresses and phone numbers of pages that the run has recorded; sends nothing. Addresses are also looked for in
 * markup and scripts; numbers only in what is read, with a country code, and in `tel:` links (RFC 3966).
 */
export const module = defineModule({
  id: 'extract-contacts',
  version: 1,
  title: 'Contacts in pages',
  summary: 'E-mail addresses and phone numbers in recorded pages',
  homepage: 'https://www.rfc-editor.org/rfc/rfc6068',
  consumes: [{ type: 'url', where: 'isPage' }],
  produces: ['email', 'phone'],
  contact: 'none',
  origin: 'target',
  useCases: ['footprint', 'investigate', 'identity'],
  sample: 'https://www.northwind.example/contact',
  batch: 50,
  async *run({ entity, http }) {
    const recorded = await readRecorded(http, entity.value)
    if (!recorded) return
    const { seen, source, page } = recorded
    for (const { raw } of extract(seen, ['email'])) yield observe('email', raw, { via: 'mentions' })
    for (const address of page?.mailto ?? []) yield observe('email', address, { via: 'mentions' })
    if (page) for (const { raw } of extract(source, ['email'])) yield observe('email', raw, { via: 'mentions' })
    for (const { raw } of extract(seen, ['phone'])) yield observe('phone', raw, { via: 'mentions' })
    for (const number of page?.tel ?? []) {
      // A number without its country is nobody's in particular; that is no row to count as lost.
      if (/^(?:\+|00)/.test(number)) yield observe('phone', number, { via: 'mentions' })
    }
  },
})
