/** One thing measured. */
export interface Figure {
  name: string
  value: number
  /** Of a rate (`…/s`) and of a share (`%`) more is better, of everything else less. */
  unit: string
  /** What another tool reached in the same run. */
  peer?: number
  /** What is asked for: at least where more is better, else at most. */
  limit?: number
}

function moreIsBetter(unit: string): boolean {
  return unit.endsWith('/s') || unit === '%'
}

/** How much of what is asked for was reached: 1 is just enough, whatever the direction. Undefined where nothing is asked. */
export function shareOf({ value, unit, limit }: Figure): number | undefined {
  if (limit === undefined) return undefined
  if (moreIsBetter(unit)) return value / limit
  return value === 0 ? 1 : limit / value
}

/** A table with a line a figure. */
export function tableOf(figures: Figure[]): string {
  const rows = figures.map((figure) => {
    const share = shareOf(figure)
    const { name, value, unit, limit, peer } = figure
    const asked = limit === undefined ? '' : `${moreIsBetter(unit) ? '≥' : '≤'} ${shown(limit)}`
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
