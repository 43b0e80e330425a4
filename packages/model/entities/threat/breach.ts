import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { kebab } from '../wording.ts'

export const breach: EntityDefinition = {
  type: 'breach',
  version: 1,
  title: 'Breach',
  plural: 'Breaches',
  form: 'the name it is known by, in lower-case kebab form: `adobe`, `collection-1`',
  examples: [
    { raw: 'Adobe', value: 'adobe' },
    { raw: 'Collection #1', value: 'collection-#1' },
    { raw: 'LinkedIn Scraped Data (2021)', value: 'linkedin-scraped-data-2021' },
  ],
  counterExamples: ['', '---', ' '],
  normalise: (raw) => {
    if (raw.length > 512) return undefined
    const value = kebab(raw)
    return value !== '' && value.length <= 128 && /[\p{L}\p{N}]/u.test(value) ? value : undefined
  },
  display: displayAsIs,
}
