const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789-'

/** Letters and pairs that readers take for each other, both ways. */
const confusable: [string, string][] = [
  ['rn', 'm'],
  ['vv', 'w'],
  ['cl', 'd'],
  ['nn', 'm'],
]

/**
 * Letters with marks, and of the Cyrillic, Greek and Armenian scripts, that look like a Latin one
 * (https://www.unicode.org/reports/tr39/).
 */
const foreign: Record<string, string> = {
  a: 'áàâäą\u0430',
  c: 'çćč\u0441',
  d: 'ďđ',
  e: 'éèëęė\u0435',
  g: 'ğġ',
  h: 'ħ\u04bb',
  i: 'íìïı\u0456',
  j: '\u0458',
  k: 'ķ\u03ba',
  l: 'łļ',
  n: 'ñńņ\u0578',
  o: 'óòöø\u043e\u03bf',
  p: '\u0440\u03c1',
  r: 'řŕ',
  s: 'śšş\u0455',
  t: 'ţť',
  u: 'úùüū\u057d',
  w: 'ŵ\u051d',
  x: '\u0445',
  y: 'ýÿ\u0443',
  z: 'žźż',
}

/** Shorter labels have neighbours by chance: of those only what looks the same counts. */
const shortest = 5

/**
 * Every label that a reader or a typist could take for this one: one character more, fewer, exchanged or swapped with
 * its neighbour, and characters that look alike, in ASCII or as `xn--` (RFC 5891). Not the label itself, and not those
 * that differ from it in a digit only, which are the next of a series.
 */
export function lookAlikes(label: string): Set<string> {
  const found = new Set<string>()
  if (label.startsWith('xn--')) return found
  if (label.length >= shortest) for (const one of edits(label)) found.add(one)
  for (const [a, b] of confusable)
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      for (const at of placesOf(label, from)) found.add(label.slice(0, at) + to + label.slice(at + from.length))
  found.add(label.replaceAll('o', '0'))
  found.add(label.replaceAll(/[li]/g, '1'))
  for (let at = 0; at < label.length; at++)
    for (const letter of foreign[label[at]!] ?? '') {
      const ascii = toAscii(label.slice(0, at) + letter + label.slice(at + 1))
      if (ascii !== undefined) found.add(ascii)
    }
  found.delete(label)
  return new Set([...found].filter(isLabel))
}

function* edits(label: string): Generator<string, void, void> {
  for (let at = 0; at <= label.length; at++) {
    const before = label.slice(0, at)
    const after = label.slice(at)
    for (const letter of alphabet) yield before + letter + after
    if (after === '') return
    yield before + after.slice(1)
    if (after.length > 1) yield before + after[1]! + after[0]! + after.slice(2)
    for (const letter of alphabet) if (!(isDigit(letter) && isDigit(after[0]!))) yield before + letter + after.slice(1)
  }
}

function* placesOf(text: string, part: string): Generator<number, void, void> {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) yield at
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9'
}

/** A label of a registrable domain: letters, digits and hyphens inside (RFC 5890 §2.3.1). */
function isLabel(label: string): boolean {
  return /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/.test(label) && (!/^..--/.test(label) || label.startsWith('xn--'))
}

function toAscii(label: string): string | undefined {
  return URL.parse(`http://${label}.test/`)?.hostname.slice(0, -'.test'.length)
}
