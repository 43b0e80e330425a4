const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu

const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * The text on one line, with nothing in it that a terminal would obey. What was found on the internet may hold escape
 * sequences, and characters that turn the direction of a line.
 */
export function printable(text: string): string {
  return text.replace(unsafe, escapeOf)
}

/** JSON on one line; characters that JSON allows and a terminal obeys are escaped. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, unicodeEscape) + '\n'
}

function escapeOf(character: string): string {
  return named[character] ?? unicodeEscape(character)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
