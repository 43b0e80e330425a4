import type { OutputStream } from '../cli.ts'
import { widthOf } from '../output/text.ts'

/** A few lines at the bottom of a terminal that are drawn again and again, and lines above them that stay. */
export interface Screen {
  readonly columns: number
  readonly rows: number
  /** Replaces what was drawn before; only lines that changed are written. */
  draw(lines: string[]): void
  /** Lines that stay, above what is drawn. */
  print(lines: string[]): void
  /** Takes the drawing away and gives the cursor back. */
  close(): void
}

const escape = '\u001b['
const hideCursor = `${escape}?25l`
const showCursor = `${escape}?25h`
/** Terminals that know mode 2026 show what stands between as one frame; others ignore it. */
const beginFrame = `${escape}?2026h`
const endFrame = `${escape}?2026l`
const clearRest = `${escape}K`
const clearBelow = `${escape}0J`

/**
 * The screen of a terminal. Each drawing is one write. The cursor rests at the beginning of the line below the drawing.
 */
export function openScreen(stream: OutputStream): Screen {
  let drawn: string[] = []
  let drawnColumns = columnsOf(stream)
  stream.write(hideCursor)

  /** Moves to the first line of the drawing; a terminal that became narrower has wrapped it over more lines. */
  function toTop(): string {
    const columns = columnsOf(stream)
    const lines = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
    return lines > 0 ? `${escape}${lines}A\r` : '\r'
  }

  return {
    get columns() {
      return columnsOf(stream)
    },
    get rows() {
      return stream.rows ?? 24
    },
    draw(lines) {
      const columns = columnsOf(stream)
      const isKept = columns === drawnColumns
      if (isKept && lines.length === drawn.length && lines.every((line, index) => line === drawn[index])) return
      const text = lines.map((line, index) => (isKept && line === drawn[index] ? '\n' : ended(line)))
      const rest = isKept && lines.length >= drawn.length ? '' : clearBelow
      stream.write(`${beginFrame}${toTop()}${isKept ? '' : clearBelow}${text.join('')}${rest}${endFrame}`)
      drawn = lines
      drawnColumns = columns
    },
    print(lines) {
      const columns = columnsOf(stream)
      const text = [...lines, ...drawn].map(ended).join('')
      stream.write(`${beginFrame}${toTop()}${columns === drawnColumns ? '' : clearBelow}${text}${endFrame}`)
      drawnColumns = columns
    },
    close() {
      stream.write(`${toTop()}${clearBelow}${showCursor}`)
      drawn = []
    },
  }
}

/** Written over what stands there, then the rest of the line cleared: nothing is blank in between. */
function ended(line: string): string {
  return `${line}${clearRest}\n`
}

function columnsOf(stream: OutputStream): number {
  return Math.max(20, stream.columns ?? 80)
}
