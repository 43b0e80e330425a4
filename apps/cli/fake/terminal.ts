import { Writable } from 'node:stream'
import type { OutputStream } from '../cli.ts'

export interface FakeTerminal {
  stream: OutputStream
  /** What is on the screen, colours left out, without blank lines at the end. */
  screen(): string[]
  /** What left the screen at the top, and what is on it. */
  all(): string[]
  isCursorShown(): boolean
  resize(columns: number): void
  /** How many writes there were. */
  writes(): number
}

// eslint-disable-next-line no-control-regex -- a terminal's codes begin with one
const codeOrCharacter = /\u001b(\[[?\d;]*\w)|[^\u001b]/gu

/**
 * A terminal that understands what the live display sends (ECMA-48: cursor up, erase in line and display; lines scroll
 * at the bottom, long ones wrap), and throws for anything else.
 */
export function fakeTerminal(columns: number, rows: number): FakeTerminal {
  let lines: string[] = ['']
  const gone: string[] = []
  let row = 0
  let column = 0
  let shown = true
  let writes = 0

  function put(character: string): void {
    if (column >= stream.columns!) down()
    const line = (lines[row] ?? '').padEnd(column)
    lines[row] = line.slice(0, column) + character + line.slice(column + 1)
    column++
  }

  function down(): void {
    column = 0
    row++
    if (row >= rows) {
      gone.push(lines.shift()!)
      row--
    }
    lines[row] ??= ''
  }

  function obey(code: string): void {
    const [, parameters = '', verb] = /^\[([?\d;]*)(\w)$/.exec(code) ?? []
    const number = Number(parameters || '0')
    if (verb === 'A') row = Math.max(0, row - Math.max(1, number))
    else if (verb === 'K') lines[row] = (lines[row] ?? '').slice(0, column)
    else if (verb === 'J') lines = [...lines.slice(0, row), (lines[row] ?? '').slice(0, column)]
    else if (parameters === '?25') shown = verb === 'h'
    else if (parameters !== '?2026' && verb !== 'm') throw new Error(`the terminal does not know ESC ${code}`)
  }

  const stream: Writable & OutputStream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes++
      for (const [part] of chunk.toString('utf8').matchAll(codeOrCharacter))
        if (part.startsWith('\u001b')) obey(part.slice(1))
        else if (part === '\n') down()
        else if (part === '\r') column = 0
        else put(part)
      done()
    },
  })
  Object.assign(stream, { isTTY: true, columns, rows })

  const trimmed = (all: string[]): string[] => {
    const texts = all.map((line) => line.trimEnd())
    while (texts.at(-1) === '') texts.pop()
    return texts
  }

  return {
    stream,
    screen: () => trimmed(lines),
    all: () => trimmed([...gone, ...lines]),
    isCursorShown: () => shown,
    resize(wanted) {
      stream.columns = wanted
      stream.emit('resize')
    },
    writes: () => writes,
  }
}
