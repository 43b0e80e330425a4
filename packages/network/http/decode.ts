import type { Transform } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  constants,
} from 'node:zlib'

/** What is asked for when a request does not say. */
export const acceptedEncodings = 'gzip, deflate, br'

export interface Decoded {
  body: Buffer
  /** There was more, or the rest could not be decoded. */
  truncated: boolean
}

/**
 * Undoes a content coding (RFC 9110 §8.4), never making more than `maxBytes`: a bomb costs no more memory than a page.
 * Encoded bytes that end early or are broken give what was readable before. An unknown coding, or more than two on top
 * of each other, leaves the body as it is.
 */
export async function decodeBody(encoded: Buffer, coding: string, maxBytes: number): Promise<Decoded> {
  const codings = coding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (encoded.length === 0 || codings.length === 0 || codings.length > 2) return cut(encoded, maxBytes)
  let current: Decoded = { body: encoded, truncated: false }
  for (const name of codings.reverse()) {
    const decoder = decoderFor(name, current.body)
    if (decoder === undefined) return cut(encoded, maxBytes)
    const next = await runBounded(decoder, current.body, maxBytes)
    current = { body: next.body, truncated: current.truncated || next.truncated }
  }
  return current
}

function cut(body: Buffer, maxBytes: number): Decoded {
  return { body: body.subarray(0, maxBytes), truncated: body.length > maxBytes }
}

function decoderFor(coding: string, body: Buffer): Transform | undefined {
  // Early ends are flushed instead of failing, so that a page cut by `maxBytes` can still be read.
  const zlib = { finishFlush: constants.Z_SYNC_FLUSH }
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip(zlib)
  // "deflate" is zlib's format (RFC 9110 §8.4.1.2), but servers send raw deflate too; the low nibble tells.
  if (coding === 'deflate') return (body[0]! & 0x0f) === 8 ? createInflate(zlib) : createInflateRaw(zlib)
  if (coding === 'br') return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })
  if (coding === 'zstd') return createZstdDecompress({ finishFlush: constants.ZSTD_e_flush })
  return undefined
}

async function runBounded(decoder: Transform, encoded: Buffer, maxBytes: number): Promise<Decoded> {
  const chunks: Buffer[] = []
  let size = 0
  let truncated = false
  decoder.end(encoded)
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, maxBytes - size))
      size += chunk.length
      if (size > maxBytes) {
        truncated = true
        break // ends the decoder
      }
    }
  } catch {
    truncated = true // broken data: what came before it is kept
  }
  return { body: Buffer.concat(chunks), truncated }
}
