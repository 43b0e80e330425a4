import { nameOf, namespaced, splitNamespaced } from '../../namespace.ts'
import type { EntityDefinition } from '../definition.ts'
import { normaliseUrl } from './url.ts'

export const webForm: EntityDefinition = {
  type: 'web-form',
  version: 1,
  title: 'Web form',
  plural: 'Web forms',
  form: '`page|name`: the canonical URL of its page, and its action, id or position',
  examples: [
    { raw: 'https://Example.com/login#x|POST /session', value: 'https://example.com/login|POST /session' },
    { raw: 'https://example.com/|form 1', value: 'https://example.com/|form 1' },
  ],
  counterExamples: ['POST /session', 'example.com|form 1', 'https://example.com/|', ''],
  normalise: (raw) => {
    const parts = splitNamespaced(raw)
    const page = parts && normaliseUrl(parts.namespace)
    return page === undefined ? undefined : namespaced(page, parts!.name)
  },
  display: (value) => `${nameOf(value)} on ${value.slice(0, value.indexOf('|'))}`,
}
