/** Where a page of a list begins: after this cursor, or at the beginning without one. */
interface Place {
  after?: string
}

interface Listed<T> {
  items: T[]
  next?: string
}

/** Every page of a list, one after the other. `read` is told where each begins; the one without a `next` is the last. */
export async function* pagesOf<P extends { next?: string }>(read: (place: Place) => P | Promise<P>): AsyncGenerator<P> {
  let place: Place = {}
  while (true) {
    const page = await read(place)
    yield page
    if (page.next === undefined) return
    place = { after: page.next }
  }
}

/** Every item of a list, page by page. */
export async function* itemsOf<T>(read: (place: Place) => Listed<T> | Promise<Listed<T>>): AsyncGenerator<T> {
  for await (const { items } of pagesOf(read)) yield* items
}
