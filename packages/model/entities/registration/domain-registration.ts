import { displayName } from '../../domain-name.ts'
import type { EntityDefinition } from '../definition.ts'
import { normaliseDomain } from '../infrastructure/domain.ts'

export const domainRegistration: EntityDefinition = {
  type: 'domain-registration',
  version: 1,
  title: 'Domain registration',
  plural: 'Domain registrations',
  form: 'the registered name as lower-case A-labels; the record itself (RDAP, WHOIS) is on the observation',
  examples: [
    { raw: 'EXAMPLE.COM', value: 'example.com' },
    { raw: 'bücher.example', value: 'xn--bcher-kva.example' },
  ],
  counterExamples: ['com', '192.0.2.0/24', ''],
  normalise: normaliseDomain,
  display: displayName,
}
