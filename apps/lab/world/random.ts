/**
 * A 32-bit mix of the numbers given, the same on every machine. Everything that chance decides in the world comes from
 * here, so that any fact can be computed again from (seed, index) instead of being kept.
 */
export function mix(...numbers: number[]): number {
  let hash = 0x9e3779b9
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b)
    hash ^= hash >>> 13
    hash = Math.imul(hash, 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** A number from a word, so that facts can be keyed by what they are about. */
export function wordNumber(word: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** One of `choices`, by the mix of `numbers`. */
export function pick<T>(choices: readonly T[], ...numbers: number[]): T {
  const choice = choices[mix(...numbers) % choices.length]
  if (choice === undefined) throw new RangeError('nothing to pick from')
  return choice
}

/** A copy of `items` in an order that the seed decides. */
export function shuffle<T>(items: readonly T[], seed: number): T[] {
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = mix(seed, i) % (i + 1)
    ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
  }
  return shuffled
}

/** Lower-case hexadecimal of the given length, by the mix of `numbers`. */
export function hex(length: number, ...numbers: number[]): string {
  let text = ''
  for (let i = 0; text.length < length; i++)
    text += mix(i, ...numbers)
      .toString(16)
      .padStart(8, '0')
  return text.slice(0, length)
}
