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
  const marks: { at: number; shift: number }[] = []
  let result = ''
  let from = 0
  let shift = 0
  for (const match of text.matchAll(defanged)) {
    const plain = plainOf(match[0])
    result += text.slice(from, match.index) + plain
    from = match.index + match[0].length
    shift += match[0].length - plain.length
    marks.push({ at: result.length, shift })
  }
  if (marks.length === 0) return { text, originalIndex: (index) => index }
  return { text: result + text.slice(from), originalIndex: (index) => index + shiftAt(marks, index) }
}

function plainOf(mark: string): string {
  const inner = mark.replace(/[[\](){}]/g, '').toLowerCase()
  if (inner === 'dot') return '.'
  if (inner === 'at') return '@'
  if (inner === 'fxp') return 'ftp'
  if (inner === 'meow' || inner === 'hxxp' || inner === 'h**p') return 'http'
  return inner
}

/** The shift of the last mark that ends at or before `index`. */
function shiftAt(marks: { at: number; shift: number }[], index: number): number {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (marks[middle]!.at <= index) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : marks[low - 1]!.shift
}
