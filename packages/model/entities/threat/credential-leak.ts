import { hash } from 'node:crypto'
import type { EntityDefinition } from '../definition.ts'
import { oneLine } from '../wording.ts'

export const credentialLeak: EntityDefinition = {
  type: 'credential-leak',
  version: 1,
  title: 'Leaked credential',
  plural: 'Leaked credentials',
  form: '`identity|mask|sha256:digest`, made by `credentialLeakValue`; never the secret itself',
  examples: [
    {
      raw: 'Jane@Example.com|h******2|sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
      value: 'jane@example.com|h******2|sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
  ],
  counterExamples: [
    'jane@example.com:hunter2',
    'jane@example.com|hunter2',
    'jane@example.com|hunter2|sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '',
  ],
  normalise: normaliseLeak,
  display: (value) => value.slice(0, value.lastIndexOf('|')).replace('|', ' '),
}

/**
 * The value for a secret that leaked with an identity (e-mail address, user name, phone number). The digest is taken
 * over both, so that the same password of two people is two digests and no table of common passwords opens it.
 */
export function credentialLeakValue(identity: string, secret: string): string {
  const who = oneLine(identity).toLowerCase().replaceAll('|', '%7C')
  return `${who}|${mask(secret)}|sha256:${hash('sha256', `${who}\n${secret}`)}`
}

/** First and last character of a secret of eight or more, nothing of a shorter one; never its length. */
function mask(secret: string): string {
  return /^[\x21-\x7b\x7d\x7e]{8,}$/.test(secret) ? `${secret[0]}******${secret.at(-1)}` : '********'
}

/** Only the finished form: a text that holds a secret in clear is refused, not masked, because the raw value is kept too. */
function normaliseLeak(raw: string): string | undefined {
  if (raw.length > 1024) return undefined
  const match = /^([^|]{1,320})\|([\x21-\x7b\x7d\x7e]?\*{6,8}[\x21-\x7b\x7d\x7e]?)\|sha256:([\da-f]{64})$/i.exec(
    oneLine(raw),
  )
  const who = match && oneLine(match[1]!).toLowerCase().normalize()
  return match && who !== '' ? `${who}|${match[2]}|sha256:${match[3]!.toLowerCase()}` : undefined
}
