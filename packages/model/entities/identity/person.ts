import { nameOf, normaliseNamespaced } from '../../namespace.ts'
import type { EntityDefinition } from '../definition.ts'

export const person: EntityDefinition = {
  type: 'person',
  version: 1,
  title: 'Person',
  plural: 'People',
  form: '`namespace|name`: who names the person, then the name as it is written there',
  examples: [
    { raw: 'domain-registration:example.com|Jane  Doe', value: 'domain-registration:example.com|Jane Doe' },
    { raw: 'account:github.com/jdoe|Jane Doe', value: 'account:github.com/jdoe|Jane Doe' },
  ],
  counterExamples: ['Jane Doe', '|Jane Doe', 'github.com| ', ''],
  normalise: normaliseNamespaced,
  display: nameOf,
}
