import { nameOf, normaliseNamespaced } from '../../namespace.ts'
import type { EntityDefinition } from '../definition.ts'

export const organization: EntityDefinition = {
  type: 'organization',
  version: 1,
  title: 'Organization',
  plural: 'Organizations',
  form: '`namespace|name`: who names it, then the name as it is written there',
  examples: [
    { raw: 'domain-registration:example.com|  Acme   Inc. ', value: 'domain-registration:example.com|Acme Inc.' },
    { raw: 'github.com|ACME', value: 'github.com|ACME' },
  ],
  counterExamples: ['Acme Inc.', '|Acme', 'github.com|', ''],
  normalise: normaliseNamespaced,
  display: nameOf,
}
