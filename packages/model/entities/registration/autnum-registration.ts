import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { normaliseAsn } from '../infrastructure/asn.ts'

export const autnumRegistration: EntityDefinition = {
  type: 'autnum-registration',
  version: 1,
  title: 'AS number registration',
  plural: 'AS number registrations',
  form: '`AS64500`, or `AS64500-AS64510` for a registered range',
  examples: [
    { raw: 'as64500', value: 'AS64500' },
    { raw: '64500 - 64510', value: 'AS64500-AS64510' },
    { raw: 'AS64500-AS64500', value: 'AS64500' },
  ],
  counterExamples: ['AS64510-AS64500', 'AS0', 'ASN-ACME', ''],
  normalise: (raw) => {
    if (raw.length > 64) return undefined
    const [first, last, ...rest] = raw.split('-').map(normaliseAsn)
    if (first === undefined || rest.length > 0) return undefined
    if (!raw.includes('-') || first === last) return first
    return last !== undefined && Number(first.slice(2)) < Number(last.slice(2)) ? `${first}-${last}` : undefined
  },
  display: displayAsIs,
}
