import { MirageError } from '@mirage/kit/errors.ts'

export function cursorInvalid(): MirageError {
  return new MirageError({
    code: 'request.cursor_invalid',
    status: 400,
    detail: 'This cursor does not belong to this list. Start again without one.',
  })
}

/** A cursor is the sort key of the last item of a page. */
export function writeCursor(key: (number | string)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The sort key in `text`, in the shape of `first`, which it is when there is no text. Throws `request.cursor_invalid`. */
export function readCursor<const Key extends readonly (number | string)[]>(
  text: string | undefined,
  first: Key,
): { -readonly [I in keyof Key]: Key[I] extends number ? number : string } {
  // Checked below: as long as `first`, and each of the same type.
  type Read = { -readonly [I in keyof Key]: Key[I] extends number ? number : string }
  if (text === undefined) return first as unknown as Read
  try {
    const key = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    if (Array.isArray(key) && key.length === first.length && key.every((cell, i) => typeof cell === typeof first[i])) {
      return key as unknown as Read
    }
  } catch {
    // Answered below like any other text that is none of ours.
  }
  throw cursorInvalid()
}
