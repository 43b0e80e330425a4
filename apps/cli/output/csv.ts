import type { PlacedEntity } from './entities.ts'

export const entityColumns = [
  'type',
  'value',
  'seed',
  'distance',
  'scope',
  'tags',
  'modules',
  'firstSeenAt',
  'lastSeenAt',
  'falsePositive',
  'id',
]

export function entityRow({ entity, reached }: PlacedEntity): string {
  return csvRow([
    entity.type,
    entity.value,
    reached?.seed ?? '',
    reached ? String(reached.distance) : '',
    reached?.scope ?? '',
    entity.tags.join(' '),
    entity.modules.join(' '),
    entity.firstSeenAt,
    entity.lastSeenAt,
    String(entity.falsePositive),
    entity.id,
  ])
}

/** One record as RFC 4180 has it, without its line break being CRLF: every tool here reads LF. */
export function csvRow(fields: string[]): string {
  return `${fields.map(field).join(',')}\n`
}

/**
 * A text that a spreadsheet would run as a formula begins with an apostrophe (OWASP, "CSV injection"). Phone numbers and
 * negative numbers, which begin like one, stay as they are.
 */
function field(text: string): string {
  const isFormula = /^[=@\t\r]/.test(text) || (/^[+-]/.test(text) && !/^[+-][\d\s().-]+$/.test(text))
  const safe = isFormula ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
