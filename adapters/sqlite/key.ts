import { decodeId, encodeId, isContentId } from '@mirage/model/id.ts'

/** Last characters whose spare bits are zero: only then is the text the one form of its 16 bytes. */
const canonicalEnds = new Set('aeimquy4')

/** An id as it is stored: the 16 bytes of a content id, any other text as it is. */
export function toKey(id: string): Uint8Array | string {
  return id.length === 26 && canonicalEnds.has(id[25]!) && isContentId(id) ? decodeId(id) : id
}

export function fromKey(key: Uint8Array | string): string {
  return typeof key === 'string' ? key : encodeId(key)
}
