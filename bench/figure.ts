/** One thing measured. */
export interface Figure {
  name: string
  value: number
  /** A rate ends in `/s`, and more is better; of everything else less is. */
  unit: string
  /** What another tool reached in the same run. */
  peer?: number
  /** What is asked for: at least of a rate, at most of everything else. */
  limit?: number
}

/** How much of what is asked for was reached: 1 is just enough, whatever the direction. Undefined where nothing is asked. */
export function shareOf({ value, unit, limit }: Figure): number | undefined {
  if (limit === undefined) return undefined
  return unit.endsWith('/s') ? value / limit : limit / value
}

/** A table with a line a figure. */
export function tableOf(figures: Figure[]): string {
  const rows = figures.map((figure) => {
    const share = shareOf(figure)
    const { name, value, unit, limit, peer } = figure
    const asked = limit === undefined ? '' : `${unit.endsWith('/s') ? '≥' : '≤'} ${shown(limit)}`
    return [
      name,
      shown(value),
      unit,
      asked,
      peer === undefined ? '' : shown(peer),
      share === undefined ? '' : `${Math.round(share * 100)} %`,
    ]
  })
  const table = [['Figure', 'Value', 'Unit', 'Asked', 'Peer', 'Share of asked'], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const isText = (column: number): boolean => column === 0 || column === 2
  return table
    .map((row) =>
      row
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 })
}
