import { cut, widthOf } from './text.ts'

export interface Cell {
  text: string
  paint?: (text: string) => string
}

export interface TableOptions {
  /** Lines are not wider; the last column that may shrink is cut. Absent: as wide as it gets. */
  columns?: number
  /** The column that is cut first. Default: the last. */
  flexible?: number
}

/** Rows with aligned columns, two blanks between them, nothing behind the last. Texts must be printable. */
export function table(rows: (Cell | string)[][], { columns, flexible }: TableOptions = {}): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)))
  const widths: number[] = []
  for (const row of cells)
    for (const [index, { text }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(text))
  if (columns !== undefined && widths.length > 0) shrink(widths, columns, flexible ?? widths.length - 1)
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

/** Takes what is too wide from the flexible column first, then from the widest, never below what can be read. */
function shrink(widths: number[], columns: number, flexible: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1) - columns
  for (const index of [flexible, ...[...widths.keys()].toSorted((a, b) => widths[b]! - widths[a]!)]) {
    if (excess <= 0) return
    const taken = Math.min(excess, Math.max(0, widths[index]! - leastWidth))
    widths[index]! -= taken
    excess -= taken
  }
}
