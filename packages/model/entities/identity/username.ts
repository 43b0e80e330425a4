import { type EntityDefinition, displayAsIs } from '../definition.ts'

export const username: EntityDefinition = {
  type: 'username',
  version: 1,
  title: 'User name',
  plural: 'User names',
  form: 'in lower case, without `@`; letters, digits and `._+-`',
  examples: [
    { raw: '@JDoe', value: 'jdoe' },
    { raw: ' jane.doe_99 ', value: 'jane.doe_99' },
    { raw: 'Jürgen', value: 'jürgen' },
  ],
  counterExamples: ['jane doe', '@', 'jane@example.com', 'a/b', '..', ''],
  normalise: (raw) => {
    if (raw.length > 256) return undefined
    const name = raw.trim().replace(/^@/, '').normalize().toLowerCase().normalize()
    return /^[\p{L}\p{M}\p{N}._+-]{1,64}$/u.test(name) && /[\p{L}\p{N}]/u.test(name) ? name : undefined
  },
  display: displayAsIs,
}
