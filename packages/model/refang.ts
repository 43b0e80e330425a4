/**
 * Text with defanged indicators made readable again, and the way back. Analysts write `hxxps://example[.]com`,
 * `user[at]example(dot)com`, `1.2.3[.]4`, `http[:]//` so that nothing is clicked by mistake.
 */
export interface Refanged {
  text: string
  /** The index in the original of what stands at `index` in `text`; `text.length` maps to the original's length. */
  originalIndex(index: number): number
}

const bracketed = String.raw`\[(?:\.|dot|@|at|:|\/|:\/|:\/\/)\]|\((?:\.|dot|@|at)\)|\{(?:\.|dot|@|at)\}`
const scheme = String.raw`\b(?:hxxp|h\*\*p|meow)(?=s?\[?:)|\bfxp(?=s?\[?:)`
const defanged = new RegExp(`${bracketed}|${scheme}`, 'gi')
const anyDefanged = new RegExp(`${bracketed}|${scheme}`, 'i')

/** True when `refang` would change the text. */
export function isDefanged(text: string): boolean {
  return anyDefanged.test(text)
}

/** The text with every defanged mark replaced, in time linear in its length. */
export function refang(text: string): Refanged {
  const ends: number[] = []
  const shifts: number[] = []
  let result = ''
  let from = 0
  let shift = 0
  for (const { 0: mark, index } of text.matchAll(defanged)) {
    const plain = plainOf(mark)
    result += text.slice(from, index) + plain
    from = index + mark.length
    shift += mark.length - plain.length
    ends.push(result.length)
    shifts.push(shift)
  }
  if (ends.length === 0) return { text, originalIndex: (index) => index }
  return {
    text: result + text.slice(from),
    originalIndex: (index) => index + (shifts[countUpTo(ends, index) - 1] ?? 0),
  }
}

function plainOf(mark: string): string {
  const inner = mark.replace(/[[\](){}]/g, '').toLowerCase()
  if (inner === 'dot') return '.'
  if (inner === 'at') return '@'
  if (inner === 'fxp') return 'ftp'
  if (inner === 'meow' || inner === 'hxxp' || inner === 'h**p') return 'http'
  return inner
}

/** How many of the ascending numbers are not above `limit`. */
function countUpTo(numbers: number[], limit: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! <= limit) low = middle + 1
    else high = middle
  }
  return low
}
