import type { Severity } from '@mirage/model/finding.ts'

type Paint = (text: string) => string

/** Colours of a terminal, or none. */
export interface Style {
  bold: Paint
  dim: Paint
  red: Paint
  green: Paint
  yellow: Paint
  blue: Paint
  magenta: Paint
  cyan: Paint
}

/** SGR codes (ECMA-48 §8.3.117): on and off. */
const codes: Record<keyof Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
}

export function styleOf(color: boolean): Style {
  const paints = Object.entries(codes).map(([name, [on, off]]): [string, Paint] => [
    name,
    color ? (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`) : (text) => text,
  ])
  return Object.fromEntries(paints) as unknown as Style // the entries are the names of `codes`, which is keyed by Style
}

/** The severity in its colour; in words too, so that nothing hangs on colour. */
export function paintSeverity(style: Style, severity: Severity, text: string = severity): string {
  switch (severity) {
    case 'critical':
      return style.bold(style.magenta(text))
    case 'high':
      return style.bold(style.red(text))
    case 'medium':
      return style.yellow(text)
    case 'low':
      return style.cyan(text)
    case 'info':
      return style.dim(text)
  }
}
