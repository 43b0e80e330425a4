import { MirageError } from '@mirage/kit/errors.ts'

/** Values in one statement: more than any engine takes at once would have to be cut, fewer cost time. */
export const piece = 500

export function* chunks<T>(items: T[], size = piece): Iterable<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

/** What was kept as JSON, which its columns say the shape of. Throws `record.damaged` where the disk has changed it. */
export function stored(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MirageError({
      code: 'record.damaged',
      status: 500,
      detail: 'What was kept of this run is damaged and cannot be read. “mirage doctor” says what to do about it.',
      cause,
    })
  }
}

/** The tags of a stored entity. */
export function tagsOf(text: string | null): string[] {
  return text === null ? [] : (stored(text) as string[])
}
