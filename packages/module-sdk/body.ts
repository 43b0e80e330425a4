import type { HttpAnswer } from '@mirage/model/exchange.ts'

/** The first value of a header, or undefined. `name` is in lower case. */
export function headerOf(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The media type of the body in lower case, without parameters: `text/html`; empty when the peer says none. */
export function mediaTypeOf(answer: HttpAnswer): string {
  return (headerOf(answer, 'content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/**
 * The body as text: by the character set of its `content-type`, else of a `<meta>` in its first 1,024 bytes
 * (WHATWG HTML §13.2.3.2), else UTF-8. Bytes that do not decode become U+FFFD.
 */
export function textOf(answer: HttpAnswer): string {
  const declared = /charset\s*=\s*"?([\w.:-]+)/i.exec(headerOf(answer, 'content-type') ?? '')?.[1]
  return decoderOf(declared ?? metaCharset(answer)).decode(answer.body)
}

function metaCharset(answer: HttpAnswer): string | undefined {
  if (!mediaTypeOf(answer).includes('html')) return undefined
  const start = new TextDecoder('latin1').decode(answer.body.subarray(0, 1024))
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]+)/i.exec(start)?.[1]
}

function decoderOf(label: string | undefined): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label ?? 'utf-8')
  } catch {
    return new TextDecoder('utf-8')
  }
}
