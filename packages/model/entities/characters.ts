/** Character classes for finding entities in text by walking outwards from a mark, one look at each character. */

const asciiName = table('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.')
const asciiMailbox = table("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-")
const wordCharacter = /[\p{L}\p{M}\p{N}]/u

/** A character of a DNS name in any script, the dot included. */
export function isNameCode(code: number): boolean {
  return code < 128 ? asciiName[code] === 1 : isWordCode(code)
}

/** A character of the local part of a mailbox (RFC 5322 atext, RFC 6531), the dot included. */
export function isMailboxCode(code: number): boolean {
  return code < 128 ? asciiMailbox[code] === 1 : isWordCode(code)
}

/** An ASCII letter or digit, or a letter, mark or number of another script on the basic plane. */
export function isWordCode(code: number): boolean {
  if (code < 128) return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122)
  return (code < 0xd800 || code > 0xdfff) && wordCharacter.test(String.fromCharCode(code))
}

export function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57
}

/** True when a word (letters, digits, `_`) is neither cut at `start` nor at `end`. */
export function standsAlone(text: string, start: number, end: number): boolean {
  return !isJoining(text.charCodeAt(start - 1)) && !isJoining(text.charCodeAt(end))
}

function isJoining(code: number): boolean {
  return code === 95 || (!Number.isNaN(code) && isWordCode(code))
}

function table(characters: string): Uint8Array {
  const codes = new Uint8Array(128)
  for (const character of characters) codes[character.charCodeAt(0)] = 1
  return codes
}
