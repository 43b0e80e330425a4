/** Values in one statement: more than any engine takes at once would have to be cut, fewer cost time. */
export const piece = 500

export function* chunks<T>(items: T[], size = piece): Iterable<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

/** The tags of a stored entity. */
export function tagsOf(stored: string | null): string[] {
  return stored === null ? [] : (JSON.parse(stored) as string[])
}
