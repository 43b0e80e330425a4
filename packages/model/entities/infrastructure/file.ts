import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { normaliseHash } from '../threat/hash.ts'
import { normaliseUrl } from './url.ts'

export const file: EntityDefinition = {
  type: 'file',
  version: 1,
  title: 'File',
  plural: 'Files',
  form: 'the canonical URL it is at, or the hash of its content: `sha256:…`',
  examples: [
    { raw: 'https://Example.com/report.pdf#page=2', value: 'https://example.com/report.pdf' },
    {
      raw: 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
      value: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
  ],
  counterExamples: ['report.pdf', '/etc/passwd', 'file:///etc/passwd', ''],
  normalise: (raw) => normaliseHash(raw) ?? normaliseUrl(raw),
  display: displayAsIs,
}
