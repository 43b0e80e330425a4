const enough = 64 * 1024

/** The same text in pieces worth sending, so that a line costs no write of its own. */
export async function* inChunks(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = ''
  for await (const piece of pieces) {
    chunk += piece
    if (chunk.length < enough) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
