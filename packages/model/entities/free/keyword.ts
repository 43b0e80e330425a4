import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { oneLine } from '../wording.ts'

export const keyword: EntityDefinition = {
  type: 'keyword',
  version: 1,
  title: 'Keyword',
  plural: 'Keywords',
  form: 'a word or phrase to look for, in lower case on one line, at most 256 characters',
  examples: [
    { raw: '  Project   Bluebird ', value: 'project bluebird' },
    { raw: 'ACME', value: 'acme' },
  ],
  counterExamples: ['', '   ', '\u200b'],
  normalise: (raw) => {
    const value = oneLine(raw).toLowerCase().normalize()
    return value !== '' && value.length <= 256 ? value : undefined
  },
  display: displayAsIs,
}
