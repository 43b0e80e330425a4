import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { kebab } from '../wording.ts'

export const technology: EntityDefinition = {
  type: 'technology',
  version: 1,
  title: 'Technology',
  plural: 'Technologies',
  form: 'product name in lower-case kebab form without a version: `apache-http-server`; version and CPE are attributes',
  examples: [
    { raw: 'Apache HTTP Server', value: 'apache-http-server' },
    { raw: 'nginx/1.25.3', value: 'nginx' },
    { raw: 'PHP 8.1', value: 'php' },
    { raw: 'ASP.NET', value: 'asp.net' },
    { raw: 'C++', value: 'c++' },
    { raw: '.NET', value: '.net' },
    { raw: 'OpenSSH_9.6p1', value: 'openssh' },
  ],
  counterExamples: ['', '---', '1.2.3', 'cpe:2.3:a:nginx:nginx:1.25.3:*:*:*:*:*:*:*'],
  normalise: normaliseTechnology,
  display: displayAsIs,
}

/** A product name; a version behind `/`, `_` or a space is left off, so that an upgrade is a change of one entity. */
export function normaliseTechnology(raw: string): string | undefined {
  if (raw.length > 512 || /^\s*cpe:/i.test(raw)) return undefined
  const product = raw.replace(/\/v?\d.*$/is, '').replace(/[\s_]v?\d+\.\d[\w.+-]*\s*$/i, '')
  const value = kebab(product)
  return value.length > 0 && value.length <= 128 && /\p{L}/u.test(value) ? value : undefined
}
