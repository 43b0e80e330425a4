import { nameOf, normaliseNamespaced } from '../../namespace.ts'
import type { EntityDefinition } from '../definition.ts'

export const postalAddress: EntityDefinition = {
  type: 'postal-address',
  version: 1,
  title: 'Postal address',
  plural: 'Postal addresses',
  form: '`namespace|address`: who states it, then the address on one line, lines joined by commas',
  examples: [
    {
      raw: 'domain-registration:example.com|1 Main St\nSpringfield\r\nUS',
      value: 'domain-registration:example.com|1 Main St, Springfield, US',
    },
  ],
  counterExamples: ['1 Main St, Springfield', 'domain-registration:example.com|', ''],
  normalise: (raw) =>
    normaliseNamespaced(
      raw
        .split(/[\r\n]/)
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join(', '),
    ),
  display: nameOf,
}
