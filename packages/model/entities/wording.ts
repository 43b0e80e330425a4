/** Controls, byte order marks, zero-width spaces and bidirectional overrides: nothing that a person would read. */
const invisible = /[\p{Cc}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu

/** The text on one line: well-formed, NFC, without invisible characters, every run of white space one space. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(/\s+/g, ' ').replace(invisible, '').replace(/ {2,}/g, ' ').normalize().trim()
}

/** A name in lower case with everything but letters, digits, `.`, `+` and `#` as single hyphens: `Apache HTTP Server` is `apache-http-server`. */
export function kebab(text: string): string {
  return oneLine(text)
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[^\p{L}\p{M}\p{N}.+#]+/gu, '-')
    .replace(/^-/, '')
    .replace(/[-.]{1,9}$/, '')
}
