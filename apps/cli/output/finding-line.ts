import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import { printable } from './printable.ts'
import { paintSeverity, type Style } from './style.ts'
import { cut, fit } from './text.ts'

/** A finding on one line: severity, title, and the first of what it is about where the title does not name it. */
export function findingLine({ severity, title, entities }: Finding, style: Style, columns?: number): string {
  const [first] = entities
  const named = first && !title.includes(first.value) ? `  ${cut(printable(first.value), 48)}` : ''
  const text = printable(title) + named
  return `${paintSeverity(style, severity, fit(severity.toUpperCase(), 8))}  ${columns === undefined ? text : cut(text, columns - 10)}`
}
