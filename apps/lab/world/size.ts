/** How many names the demo company has beside the hand-made ones. */
export const worldSizes = { demo: 0, '10k': 10_000, '100k': 100_000, '1m': 1_000_000 } as const

export type WorldSize = keyof typeof worldSizes

/** The size that a person wrote. Throws a RangeError that names the choices. */
export function parseWorldSize(text: string): WorldSize {
  if (Object.hasOwn(worldSizes, text)) return text as WorldSize // an own key of the table
  throw new RangeError(`no lab size "${text}"; choose one of ${Object.keys(worldSizes).join(', ')}`)
}
