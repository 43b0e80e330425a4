import stringWidth from 'string-width'

/** Columns of a terminal that the text takes; escape codes take none. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** The text cut to `columns`, with an ellipsis where something is missing. The text must hold no escape codes. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return ''
  if (widthOf(text) <= columns) return text
  let result = ''
  let width = 0
  for (const { segment } of segments(text)) {
    const next = widthOf(segment)
    if (width + next > columns - 1) break
    result += segment
    width += next
  }
  return `${result}…`
}

/** The text filled with blanks up to `columns`, or cut to them. */
export function fit(text: string, columns: number): string {
  const short = cut(text, columns)
  return short + ' '.repeat(Math.max(0, columns - widthOf(short)))
}

/** The text on lines of at most `columns`, broken between words, but not at what `glued` holds together. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/[^\S\u00a0]+/)) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((line) => line.replaceAll('\u00a0', ' '))
}

/** A text whose blanks are kept when lines are broken. */
export function glued(text: string): string {
  return text.replaceAll(' ', '\u00a0')
}

/** Lines of the text behind an indentation that also stands before its continuations; one line where no width is given. */
export function indented(text: string, indent: string, columns: number | undefined): string[] {
  if (columns === undefined) return [indent + text.replaceAll('\u00a0', ' ')]
  return wrap(text, columns - indent.length).map((line) => indent + line)
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function segments(text: string): Iterable<{ segment: string }> {
  return segmenter.segment(text)
}

/** `1204` as `1,204`. */
export function count(number: number): string {
  return number.toLocaleString('en-US')
}

/** `1 finding`, `2 findings`, `1,204 entities`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`
}

/** Seconds as people read them: `0.4 s`, `41 s`, `2 min 5 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** `0:07`, `12:40`, `1:02:03`: time that runs, always as wide as it has to be. */
export function stopwatch(seconds: number): string {
  const whole = Math.floor(seconds)
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'))
  const hours = Math.floor(whole / 3600)
  return hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':').replace(/^0(\d)/, '$1')
}

/** `2.4 GB`. */
export function bytes(amount: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let unit = 0
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`
}
