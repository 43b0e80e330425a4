/** Keeps what a person entrusted to us out of everything that is recorded, logged or thrown. */
export interface Redactor {
  text(value: string): string
  bytes(value: Uint8Array): Uint8Array
  /** A copy of the headers with the values of secret names, and secrets in the others, masked. */
  headers<T extends Record<string, string | string[]>>(headers: T): T
  /** A URL's text with the values of secret parameters, and secrets elsewhere, masked. */
  url(url: string): string
}

export const mask = '[secret]'

/** Headers that carry a credential whatever a module declares; lower case. */
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key']

/** Shorter values are words that stand in every answer; masking them would destroy it. */
const minLength = 6

/**
 * `values` are secrets wherever they stand, in any of the forms they take in a URL; `names` are query parameters and
 * headers whose values are secrets, compared without case.
 */
export function openRedactor(values: readonly string[], names: readonly string[]): Redactor {
  const secretNames = new Set(names.map((name) => name.toLowerCase()))
  const forms = [...new Set(values.filter((value) => value.length >= minLength).flatMap(formsOf))]
  // The longest first: a form may hold another.
  forms.sort((a, b) => b.length - a.length)

  function text(value: string): string {
    let masked = value
    for (const form of forms) masked = masked.replaceAll(form, mask)
    return masked
  }

  function headerValue(name: string, value: string | string[]): string | string[] {
    const lower = name.toLowerCase()
    if (lower === 'set-cookie') return Array.isArray(value) ? value.map(maskCookie) : maskCookie(value)
    if (secretNames.has(lower) || secretHeaders.includes(lower))
      return Array.isArray(value) ? value.map(() => mask) : mask
    return Array.isArray(value) ? value.map(text) : text(value)
  }

  return {
    text,
    bytes(value) {
      const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      if (!forms.some((form) => buffer.includes(form))) return value
      let masked = buffer.toString('latin1')
      for (const form of forms) masked = masked.replaceAll(Buffer.from(form).toString('latin1'), mask)
      return Buffer.from(masked, 'latin1')
    },
    headers(headers) {
      // The same names with values of the same kind, so the shape of T is kept.
      return Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, headerValue(name, value)]),
      ) as typeof headers
    },
    url(url) {
      const at = url.indexOf('?')
      if (at < 0 || secretNames.size === 0) return text(url)
      const parts = url
        .slice(at + 1)
        .split('&')
        .map((part) => {
          const name = part.split('=', 1)[0]!
          return secretNames.has(decode(name).toLowerCase()) ? `${name}=${mask}` : part
        })
      return text(`${url.slice(0, at + 1)}${parts.join('&')}`)
    },
  }
}

/** A cookie's name tells which software set it; its value is nobody's business. */
function maskCookie(cookie: string): string {
  return cookie.replace(/^([^=;]*)=[^;]*/, `$1=${mask}`)
}

/** How answers and URLs write a value: as it is, and as URLs, JSON, HTML and base64 escape it. */
function formsOf(value: string): string[] {
  const inUrl = [encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2)]
  const inJson = JSON.stringify(value).slice(1, -1)
  const inHtml = value.replaceAll(/[&<>"]/g, (character) => entities[character]!)
  // Whole triples of bytes are written the same whatever follows, as in `key:password` of basic authentication.
  const inBase64 = [Buffer.from(value), Buffer.from(value).subarray(0, -(Buffer.byteLength(value) % 3) || undefined)]
  return [
    value,
    ...inUrl,
    ...inUrl.map((form) => form.replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase())),
    inJson,
    // PHP escapes every slash; others all that HTML knows.
    inJson.replaceAll('/', String.raw`\/`),
    ...[(hex: string) => hex, (hex: string) => hex.toUpperCase()].map((cased) =>
      inJson.replaceAll(
        /[+&<>'=/]/g,
        (character) => String.raw`\u00` + cased(character.charCodeAt(0).toString(16).padStart(2, '0')),
      ),
    ),
    inHtml,
    ...inBase64.flatMap((bytes) => [bytes.toString('base64'), bytes.toString('base64url')]),
  ].filter((form) => form.length >= minLength)
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function decode(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}
