import { type EntityDefinition, maxValueLength } from '../definition.ts'

export const text: EntityDefinition = {
  type: 'text',
  version: 1,
  title: 'Text',
  plural: 'Texts',
  form: 'any text: well-formed, NFC, line ends as `\\n`, without white space at its ends, at most 16,384 characters',
  examples: [
    { raw: ' Two\r\nlines ', value: 'Two\nlines' },
    { raw: 'e\u0301', value: 'é' },
  ],
  counterExamples: ['', ' \n '],
  normalise: (raw) => {
    const value = raw.toWellFormed().replace(/\r\n?/g, '\n').replaceAll('\0', '').normalize().trim()
    return value !== '' && value.length <= maxValueLength ? value : undefined
  },
  display: (value) => (value.length > 1024 ? `${value.slice(0, 1023).toWellFormed()}…` : value),
}
