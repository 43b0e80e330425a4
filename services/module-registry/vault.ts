import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { MirageError } from '@mirage/kit/errors.ts'

/** Seals secrets at rest: AES-256-GCM under a key derived from the master key; the name is bound to the text. */
export interface Vault {
  seal(name: string, text: string): string
  /** Throws `keys.unreadable` when it was sealed under another master key or changed since. */
  open(name: string, sealed: string): string
}

const ivLength = 12
const tagLength = 16

export function openVault(masterKey: Uint8Array): Vault {
  const key = new Uint8Array(hkdfSync('sha256', masterKey, '', 'mirage module keys', 32))
  return {
    seal(name, text) {
      const iv = randomBytes(ivLength)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(name))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')
    },
    open(name, sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), {
          authTagLength: tagLength, // without it a text cut short would be checked against a short tag
        }).setAAD(Buffer.from(name))
        decipher.setAuthTag(bytes.subarray(ivLength, ivLength + tagLength))
        return Buffer.concat([decipher.update(bytes.subarray(ivLength + tagLength)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new MirageError({
          code: 'keys.unreadable',
          status: 500,
          detail: `The key ${name} was stored under another master key. Set it again with “mirage keys set ${name}”.`,
          cause,
        })
      }
    },
  }
}
