/** A source of chance that its seed decides, so that a failure can be met again: MIRAGE_TEST_SEED=n. */
export interface Chance {
  /** From 0 up to but not 1. */
  next(): number
  below(limit: number): number
  one<T>(choices: readonly T[]): T
}

/** Another seed each day and machine would prove more, but fails on who changed nothing; who hunts sets one. */
export const seed = Number(process.env['MIRAGE_TEST_SEED'] ?? 20_260_101)

/** Mulberry32 over a text that says what it is for, so that a new use does not shift the others. */
export function chanceOf(purpose: string): Chance {
  let state = seed
  for (const character of purpose) state = Math.imul(state ^ character.codePointAt(0)!, 0x9e3779b1)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { next, below, one: (choices) => choices[below(choices.length)]! }
}
