import type { HttpAnswer, HttpRequest } from '@mirage/model/exchange.ts'

/** An answer as it stood on the wire: its framing is undone, its content coding is not. */
export interface RawAnswer {
  status: number
  /** Names in lower case; a name that stands more than once has a list. */
  headers: HttpAnswer['headers']
  body: Buffer
  /** The body was longer than was wanted. */
  truncated: boolean
  /** For how long the peer may be expected to take another request on this connection, in milliseconds; 0: it takes none. */
  keepMs: number
}

/** Reads one answer of HTTP/1.0 or 1.1 (RFC 9112) as its bytes come. It holds no more than the limits let through. */
export interface AnswerReader {
  /** Takes the next bytes. Answers once the answer is whole, or longer than wanted. Throws a MalformedAnswer. */
  read(bytes: Buffer): RawAnswer | undefined
  /** The answer whose end is the end of the connection; undefined when that is not how this one ends. */
  end(): RawAnswer | undefined
}

/** What a peer sent is not HTTP. */
export class MalformedAnswer extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedAnswer'
  }
}

/** Of status line and headers, those of interim answers included; and again of the trailers. */
const maxHeadBytes = 65_536
/** Of the line that gives a chunk's size: extensions, which nobody reads, are bounded. */
const maxSizeLineBytes = 1_024
const opening = 'HTTP/1.'
/** How long a connection is kept when the peer does not say. */
const keepMs = 4_000

type Part = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'rest' | 'done'

export function openAnswerReader({
  method,
  maxBytes,
}: {
  method: HttpRequest['method']
  maxBytes: number
}): AnswerReader {
  let part: Part = 'head'
  let status = 0
  let headers: HttpAnswer['headers'] = {}
  let keep = 0
  /** The first piece as it came, for most bodies are one; a second makes it a copy of ours that grows. */
  let body: Buffer = Buffer.alloc(0)
  let isOurs = false
  let size = 0
  /** Of the body or the chunk: how much is still to come. */
  let left = 0
  let headBytes = 0
  /** Pieces of a head or a line that has not ended, and how its last bytes stand towards its end. */
  let pieces: Buffer[] = []
  let piecesBytes = 0
  let lineEnds = 0

  /** The text up to and with the `ends`th line end in a row, or undefined while that has not come; `at` is moved behind it. */
  function readText(
    bytes: Buffer,
    at: { index: number },
    ends: number,
    limit: number,
    what: string,
  ): string | undefined {
    const from = at.index
    while (at.index < bytes.length) {
      const byte = bytes[at.index++]
      if (byte === 10) lineEnds++
      else if (byte !== 13) lineEnds = 0
      if (lineEnds === ends) break
    }
    piecesBytes += at.index - from
    if (piecesBytes > limit) throw new MalformedAnswer(`${what} of more than ${limit} bytes`)
    const piece = bytes.subarray(from, at.index)
    if (lineEnds < ends) {
      pieces.push(piece)
      return undefined
    }
    const text = (pieces.length === 0 ? piece : Buffer.concat([...pieces, piece])).toString('latin1')
    pieces = []
    piecesBytes = 0
    lineEnds = 0
    return text
  }

  /** A peer that speaks something else is not waited for. */
  function checkOpening(bytes: Buffer, from: number): void {
    const expected = opening.slice(piecesBytes)
    const found = bytes.toString('latin1', from, from + expected.length)
    if (!expected.startsWith(found)) throw new MalformedAnswer('it does not start with a status line of HTTP/1.1')
  }

  function readHead(text: string): void {
    headBytes += text.length
    const head = parseHead(text)
    status = head.status
    if (status === 101) throw new MalformedAnswer('it changes the protocol, which nobody asked for')
    if (status < 200) return
    headers = head.headers
    keep = keptFor(head.version, headers)
    const framing = method === 'HEAD' || status === 204 || status === 304 ? 0 : framingOf(headers)
    if (framing === 'chunked') {
      part = 'chunk-size'
      if (headers['content-length'] !== undefined) keep = 0 // what follows may be meant for somebody else (RFC 9112 §6.3)
    } else if (framing === 'close') {
      part = 'rest'
      keep = 0
    } else {
      left = framing
      part = framing === 0 ? 'done' : 'length'
    }
  }

  /** Takes what belongs to the body; true once there is more of it than is wanted. */
  function readBody(bytes: Buffer, at: { index: number }): boolean {
    const end = part === 'rest' ? bytes.length : Math.min(bytes.length, at.index + left)
    const piece = bytes.subarray(at.index, end)
    left -= piece.length
    at.index = end
    const isTooLong = piece.length > maxBytes - size
    keepPiece(isTooLong ? piece.subarray(0, maxBytes - size) : piece)
    return isTooLong
  }

  /** A list of pieces would let a peer that sends single bytes take a hundred times the memory of its body. */
  function keepPiece(piece: Buffer): void {
    const needed = size + piece.length
    if (size === 0) body = piece
    else {
      if (!isOurs || needed > body.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(16_384, needed * 2))
        body.copy(grown, 0, 0, size)
        body = grown
        isOurs = true
      }
      piece.copy(body, size)
    }
    size = needed
  }

  function answer(truncated: boolean): RawAnswer {
    part = 'done'
    return {
      status,
      headers,
      body: isOurs ? Buffer.from(body.subarray(0, size)) : body,
      truncated,
      keepMs: truncated ? 0 : keep,
    }
  }

  /** One part further; false where the bytes end before it does, `truncated` where there is enough. */
  function step(bytes: Buffer, at: { index: number }): boolean | 'truncated' {
    if (part === 'length' || part === 'chunk' || part === 'rest') {
      if (readBody(bytes, at)) return 'truncated'
      if (part === 'rest' || left > 0) return false
      part = part === 'length' ? 'done' : 'chunk-end'
      return true
    }
    if (part === 'head') {
      checkOpening(bytes, at.index)
      const text = readText(bytes, at, 2, maxHeadBytes - headBytes, 'headers')
      if (text === undefined) return false
      readHead(text)
    } else if (part === 'chunk-size') {
      const line = readText(bytes, at, 1, maxSizeLineBytes, 'a chunk size')
      if (line === undefined) return false
      left = parseChunkSize(line)
      part = left === 0 ? 'trailers' : 'chunk'
      lineEnds = left === 0 ? 1 : 0 // no trailer at all is one line end more
    } else if (part === 'chunk-end') {
      const line = readText(bytes, at, 1, 2, 'the end of a chunk')
      if (line === undefined) return false
      if (line.trim() !== '') throw new MalformedAnswer('a chunk is longer than its size')
      part = 'chunk-size'
    } else {
      if (readText(bytes, at, 2, maxHeadBytes, 'trailers') === undefined) return false
      part = 'done'
    }
    return true
  }

  return {
    read(bytes) {
      const at = { index: 0 }
      while (at.index < bytes.length) {
        const went = step(bytes, at)
        if (went === 'truncated') return answer(true)
        if (!went) return undefined
        if (part !== 'done') continue
        if (at.index < bytes.length) keep = 0 // more than one answer to one request
        return answer(false)
      }
      return undefined
    },
    end() {
      return part === 'rest' ? answer(false) : undefined
    },
  }
}

interface Head {
  version: '0' | '1'
  status: number
  headers: HttpAnswer['headers']
}

/** RFC 9112 §4 and §5. A line may end without CR (§2.2), and a folded line is one with the line before it (§5.2). */
function parseHead(text: string): Head {
  const lines = text
    .trimEnd()
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
  const start = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(lines[0]!)
  if (start === null) throw new MalformedAnswer(`a status line that is none: ${JSON.stringify(lines[0]!.slice(0, 40))}`)
  // Without a prototype a header may have any name.
  const headers = Object.create(null) as HttpAnswer['headers']
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!
    const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/.exec(line)
    if (field === null) throw new MalformedAnswer(`a header that is none: ${JSON.stringify(line.slice(0, 40))}`)
    const name = field[1]!.toLowerCase()
    const value = field[2]!.replace(/^[ \t]+/, '').trimEnd()
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (typeof before === 'string') headers[name] = [before, value]
    else before.push(value)
  }
  // The pattern has the two versions only.
  return { version: start[1] as Head['version'], status: Number(start[2]), headers }
}

/** How long the body is (RFC 9112 §6.3): in bytes, by its chunks, or up to the end of the connection. */
function framingOf(headers: HttpAnswer['headers']): number | 'chunked' | 'close' {
  const codings = tokensOf(headers['transfer-encoding'])
  if (codings.length > 0) return codings.at(-1) === 'chunked' ? 'chunked' : 'close'
  const lengths = new Set(tokensOf(headers['content-length']))
  if (lengths.size === 0) return 'close'
  const [length] = lengths
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length!)) throw new MalformedAnswer('a content length that is none')
  return Number(length)
}

function keptFor(version: Head['version'], headers: HttpAnswer['headers']): number {
  const options = tokensOf(headers['connection'])
  if (options.includes('close') || (version === '0' && !options.includes('keep-alive'))) return 0
  const said = /\btimeout=(\d{1,9})\b/i.exec(String(headers['keep-alive'] ?? ''))?.[1]
  // A second less than the peer gives: a request sent at the last moment would meet a closed connection.
  return said === undefined ? keepMs : Math.max(0, Math.min(keepMs, (Number(said) - 1) * 1_000))
}

/** The members of a list, wherever it was split over headers; lower case. */
function tokensOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return []
  const parts = String(value).toLowerCase().split(',')
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** RFC 9112 §7.1: hexadecimal digits, then extensions. */
function parseChunkSize(line: string): number {
  const digits = /^0*([0-9a-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r?\n$/i.exec(line)?.[1]
  if (digits === undefined) throw new MalformedAnswer('a chunk size that is none')
  return Number.parseInt(digits, 16)
}
