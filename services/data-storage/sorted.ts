import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@mirage/kit/id.ts'

/** In memory at once, about 5 MB. */
const idsInMemory = 100_000
/** Characters of a content id. */
const idLength = 26
/** Read of a piece at once, about 50 KB. */
const idsAtOnce = 2_000

/**
 * The distinct ones of these content ids, in the order of their text, in pages. More than fit in memory wait, sorted in
 * pieces, in a file for temporary ones that has no name and goes with this process.
 */
export async function* sorted(
  ids: AsyncIterable<string>,
  { pageSize, inMemory = idsInMemory }: { pageSize: number; inMemory?: number },
): AsyncIterable<string[]> {
  await using pieces = new Pieces()
  let piece: string[] = []
  for await (const id of ids) {
    if (id === piece.at(-1)) continue
    piece.push(id)
    if (piece.length < inMemory) continue
    await pieces.add(piece.sort())
    piece = []
  }
  const last = piece.sort()
  let page: string[] = []
  let before: string | undefined
  for await (const id of merged([...pieces.read(), inOrder(last)])) {
    if (id === before) continue
    before = id
    page.push(id)
    if (page.length < pageSize) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

async function* inOrder(ids: string[]): AsyncIterable<string[]> {
  if (ids.length > 0) yield ids
}

/** Sorted pieces one after the other in a file. */
class Pieces implements AsyncDisposable {
  #file: FileHandle | undefined
  /** Of each piece, how many ids it holds. */
  readonly #counts: number[] = []

  async add(ids: string[]): Promise<void> {
    this.#file ??= await openNameless()
    await this.#file.appendFile(ids.join(''), 'latin1')
    this.#counts.push(ids.length)
  }

  read(): AsyncIterable<string[]>[] {
    let start = 0
    return this.#counts.map((count) => {
      const first = start
      start += count
      return this.#piece(first, start)
    })
  }

  async *#piece(first: number, end: number): AsyncIterable<string[]> {
    const buffer = Buffer.alloc(idsAtOnce * idLength)
    for (let at = first; at < end; at += idsAtOnce) {
      const length = Math.min(idsAtOnce, end - at) * idLength
      await this.#file!.read(buffer, 0, length, at * idLength)
      const text = buffer.toString('latin1', 0, length)
      yield Array.from({ length: length / idLength }, (_, i) => text.slice(i * idLength, (i + 1) * idLength))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close()
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), newId('mirage'))
  const file = await open(path, 'wx+', 0o600)
  await rm(path)
  return file
}

/** All of them in order; each source is in order itself. */
async function* merged(sources: AsyncIterable<string[]>[]): AsyncIterable<string> {
  const heads: Head[] = []
  for (const source of sources) {
    const head = { pages: source[Symbol.asyncIterator](), page: [], at: 0 }
    if (await hasMore(head)) heads.push(head)
  }
  while (heads.length > 0) {
    let least = 0
    for (let i = 1; i < heads.length; i++) if (idAt(heads[i]!) < idAt(heads[least]!)) least = i
    const head = heads[least]!
    yield idAt(head)
    head.at++
    if (head.at === head.page.length && !(await hasMore(head))) heads.splice(least, 1)
  }
}

/** Where a source is being read. */
interface Head {
  pages: AsyncIterator<string[]>
  page: string[]
  at: number
}

function idAt({ page, at }: Head): string {
  return page[at]!
}

async function hasMore(head: Head): Promise<boolean> {
  const { value, done } = await head.pages.next()
  if (done === true) return false
  head.page = value
  head.at = 0
  return true
}
