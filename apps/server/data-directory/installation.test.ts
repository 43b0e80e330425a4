import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyFileOf, openInstallation } from './installation.ts'

let directory: string
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'mirage-installation-')), 'data')
})
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }))

const mode = (path: string): number => statSync(path).mode & 0o777
const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => i + 200))

describe('the data directory', () => {
  it('gets keys at the first start, which only its owner may read, and keeps them', () => {
    const first = openInstallation(directory, undefined)
    expect(first.masterKey).toHaveLength(32)
    expect(first.ownerKey).toMatch(/^mirage_[\w-]{43}$/)
    expect([mode(directory), mode(join(directory, 'master.key')), mode(keyFileOf(directory))]).toEqual([
      0o700, 0o600, 0o600,
    ])
    expect(readFileSync(keyFileOf(directory), 'utf8')).toBe(`${first.ownerKey}\n`)
    expect(openInstallation(directory, undefined)).toEqual(first)
  })

  it('takes a master key from the environment as hex or base64 and writes none', () => {
    for (const text of [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64')])
      expect(Buffer.from(openInstallation(directory, text).masterKey).equals(bytes)).toBe(true)
    expect(() => statSync(join(directory, 'master.key'))).toThrow('ENOENT')
  })

  it.each([
    '',
    'hunter2',
    bytes.subarray(1).toString('hex'),
    bytes.toString('hex') + 'ff',
    bytes.subarray(8).toString('base64'),
  ])('refuses a master key of another length, without showing it: “%s”', (text) => {
    expect(() => openInstallation(directory, text)).toThrow(
      expect.objectContaining({
        code: 'settings.invalid',
        detail: expect.stringMatching(
          /^The master key must be 32 bytes, as 64 hex characters or base64; this one has \d+\.$/,
        ),
      }),
    )
  })

  it('says so when its own key file was damaged', () => {
    openInstallation(directory, undefined)
    writeFileSync(join(directory, 'master.key'), '')
    expect(() => openInstallation(directory, undefined)).toThrow('this one has 0')
  })
})
