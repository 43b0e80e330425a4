/** Just enough of DER (ITU-T X.690) to write an X.509 certificate. */

export function sequence(...parts: Uint8Array[]): Uint8Array {
  return tagged(0x30, ...parts)
}

export function set(...parts: Uint8Array[]): Uint8Array {
  return tagged(0x31, ...parts)
}

export function tagged(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : length < 0x10000
          ? [tag, 0x82, length >> 8, length & 255]
          : [tag, 0x83, length >> 16, (length >> 8) & 255, length & 255]
  const bytes = new Uint8Array(head.length + length)
  bytes.set(head)
  let at = head.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const trimmed = bytes.subarray(start)
  return trimmed[0]! & 0x80 ? tagged(0x02, Uint8Array.of(0), trimmed) : tagged(0x02, trimmed)
}

export function objectId(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const bytes = [first! * 40 + second!]
  for (const arc of rest) {
    const groups = [arc & 127]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left & 127) | 128)
    bytes.push(...groups)
  }
  return tagged(0x06, Uint8Array.from(bytes))
}

export function bitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return tagged(0x03, Uint8Array.of(unused), bytes)
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return tagged(0x04, bytes)
}

export function boolean(value: boolean): Uint8Array {
  return tagged(0x01, Uint8Array.of(value ? 255 : 0))
}

export function utf8String(text: string): Uint8Array {
  return tagged(0x0c, Buffer.from(text, 'utf8'))
}

/** UTCTime up to 2049 and GeneralizedTime after it, as RFC 5280 §4.1.2.5 asks. `instant` is ISO 8601 in UTC. */
export function time(instant: string): Uint8Array {
  const digits = `${instant.slice(0, 19).replace(/[^\d]/g, '')}Z`
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : tagged(0x18, Buffer.from(digits, 'latin1'))
}
