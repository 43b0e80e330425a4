import { hash } from 'node:crypto'
import { type EntityDefinition, displayAsIs } from '../definition.ts'

export const certificate: EntityDefinition = {
  type: 'certificate',
  version: 1,
  title: 'Certificate',
  plural: 'Certificates',
  form: 'SHA-256 of the DER, 64 lower-case hexadecimal digits',
  examples: [
    {
      raw: 'SHA256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
      value: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    {
      raw: 'E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55',
      value: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
  ],
  counterExamples: ['da39a3ee5e6b4b0d3255bfef95601890afd80709', 'sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709', ''],
  normalise: normaliseCertificate,
  display: displayAsIs,
}

/** The canonical value of a certificate given as DER. */
export function certificateValue(der: Uint8Array): string {
  return hash('sha256', der, 'hex')
}

function normaliseCertificate(raw: string): string | undefined {
  if (raw.length > 256) return undefined
  const hex = raw
    .trim()
    .toLowerCase()
    .replace(/^sha-?256[:=]/, '')
    .replaceAll(':', '')
  return /^[\da-f]{64}$/.test(hex) ? hex : undefined
}
