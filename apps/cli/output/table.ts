import { cut, widthOf } from './text.ts'

export interface Cell {
  text: string
  paint?: (text: string) => string
}

export interface TableOptions {
  /** Lines are not wider; the last column that may shrink is cut. Absent: as wide as it gets. */
  columns?: number
  /** The column that is cut first. Default: the last. The first is never cut: it is what a person copies. */
  flexible?: number
  /** Columns that are left out, in this order, while too little of the flexible one would be seen. */
  spare?: number[]
}

/** Rows with aligned columns, two blanks between them, nothing behind the last. Texts must be printable. */
export function table(rows: (Cell | string)[][], { columns, flexible, spare = [] }: TableOptions = {}): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)))
  const widths: number[] = []
  for (const row of cells)
    for (const [index, { text }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(text))
  if (columns !== undefined && widths.length > 0) {
    const cutFirst = flexible ?? widths.length - 1
    const [left, ...others] = spare
    if (left !== undefined && excessOf(widths, columns) > Math.max(0, widths[cutFirst]! - seenWidth)) {
      const moved = (index: number): number => (index > left ? index - 1 : index)
      return table(
        cells.map((row) => row.toSpliced(left, 1)),
        { columns, flexible: moved(cutFirst), spare: others.map(moved) },
      )
    }
    shrink(widths, columns, cutFirst)
  }
  return cells.map((row) =>
    row
      .map(({ text, paint }, index) => {
        const short = cut(text, widths[index]!)
        const painted = paint ? paint(short) : short
        return index === row.length - 1 ? painted : painted + ' '.repeat(widths[index]! - widthOf(short))
      })
      .join('  ')
      .trimEnd(),
  )
}

const leastWidth = 8
/** So much of the flexible column is worth more than a spare one. */
const seenWidth = 12

function excessOf(widths: number[], columns: number): number {
  return widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1) - columns
}

/** Takes what is too wide from the flexible column first, then from the widest, never below what can be read. */
function shrink(widths: number[], columns: number, flexible: number): void {
  let excess = excessOf(widths, columns)
  const others = [...widths.keys()].slice(1).toSorted((a, b) => widths[b]! - widths[a]!)
  for (const index of [flexible, ...others]) {
    if (excess <= 0) return
    const taken = Math.min(excess, Math.max(0, widths[index]! - leastWidth))
    widths[index]! -= taken
    excess -= taken
  }
}
