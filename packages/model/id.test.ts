import { hash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entityId, entityRef } from './entity.ts'
import { contentId, decodeId, encodeId, isContentId } from './id.ts'
import { relationshipId } from './relationship.ts'

describe('content ids', () => {
  it.each([
    ['', '4oymiquy7qobjgx36tejs35zeq'],
    ['domain\nexample.com', 'btobjuut55g3wzdpewf67h5g44'],
  ])('of %j is %s', (text, id) => {
    expect(contentId(text)).toBe(id)
  })

  it('are the first 128 bits of the SHA-256, in base32', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const id = contentId(text)
        expect(isContentId(id)).toBe(true)
        expect(Buffer.from(decodeId(id))).toEqual(hash('sha256', text, 'buffer').subarray(0, 16))
      }),
    )
  })

  it('survive the way to bytes and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(decodeId(encodeId(bytes))).toEqual(bytes)
      }),
    )
  })

  it.each(['', 'a', 'A'.repeat(26), '1'.repeat(26), 'a'.repeat(27)])('refuse %j', (text) => {
    expect(isContentId(text)).toBe(false)
    expect(() => decodeId(text)).toThrow(RangeError)
  })

  it('tell types, directions and qualifiers apart', () => {
    const [a, b] = [entityId('domain', 'example.com'), entityId('keyword', 'example.com')]
    expect(a).not.toBe(b)
    expect(entityRef('domain', 'example.com')).toEqual({ id: a, type: 'domain', value: 'example.com' })
    const ids = [
      relationshipId(a, 'dns_record', 'A', b),
      relationshipId(a, 'dns_record', 'MX', b),
      relationshipId(b, 'dns_record', 'A', a),
      relationshipId(a, 'links_to', 'A', b),
    ]
    expect(new Set(ids).size).toBe(4)
  })
})
