/** As much of a terminal as our own commands use: text, colours, and going up to draw over. */

/** How a cell looks. */
export interface Style {
  colour?: string
  bold?: boolean
  dim?: boolean
}

export interface Cell {
  character: string
  style: Style
}

const colours: Record<number, string> = { 31: 'red', 32: 'green', 33: 'yellow', 34: 'blue', 35: 'magenta', 36: 'cyan' }
// oxlint-disable-next-line no-control-regex -- control sequences are what this reads
const sequence = /\u001B\[(\??)([\d;]*)([A-Za-z])/y

export class Terminal {
  readonly #rows: number
  #lines: Cell[][] = [[]]
  #row = 0
  #column = 0
  #style: Style = {}

  constructor(rows: number) {
    this.#rows = rows
  }

  /** The rows on the screen, the last ones of all that was written. */
  get screen(): Cell[][] {
    return this.#lines.slice(-this.#rows).map((line) => [...line])
  }

  write(text: string): void {
    for (let at = 0; at < text.length;) {
      sequence.lastIndex = at
      const found = sequence.exec(text)
      if (found) {
        at = sequence.lastIndex
        if (found[1] === '') this.#control(found[3]!, found[2]!)
        continue
      }
      const character = String.fromCodePoint(text.codePointAt(at)!)
      at += character.length
      if (character === '\r') this.#column = 0
      else if (character === '\n') this.#down()
      else if (character >= ' ') this.#put(character)
    }
  }

  #put(character: string): void {
    const line = this.#lines[this.#row]!
    while (line.length < this.#column) line.push({ character: ' ', style: {} })
    line[this.#column++] = { character, style: this.#style }
  }

  #down(): void {
    this.#row++
    this.#lines[this.#row] ??= []
  }

  #control(letter: string, text: string): void {
    const count = Number(text || (letter === 'K' || letter === 'J' ? 0 : 1))
    if (letter === 'A') this.#row = Math.max(0, this.#row - count)
    else if (letter === 'G') this.#column = count - 1
    else if (letter === 'K') this.#lines[this.#row]!.length = Math.min(this.#lines[this.#row]!.length, this.#column)
    else if (letter === 'J') {
      this.#lines.length = this.#row + 1
      this.#lines[this.#row]!.length = Math.min(this.#lines[this.#row]!.length, this.#column)
    } else if (letter === 'm') for (const code of text.split(';')) this.#style = styled(this.#style, Number(code))
  }
}

function styled(style: Style, code: number): Style {
  const { colour: _colour, ...uncoloured } = style
  if (code === 0) return {}
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return style.colour === undefined ? {} : { colour: style.colour }
  if (code === 39) return uncoloured
  return colours[code] === undefined ? style : { ...style, colour: colours[code] }
}
