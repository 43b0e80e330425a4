import type { MergeRule, Stamped } from './documents.ts'

export type MergeRules<T> = { [Field in keyof T]?: MergeRule }

/** `document` in the form that any order of merges ends in: every union sorted and without repeats. */
export function normalise<T extends object>(rules: MergeRules<T>, document: T): T {
  let result = document
  for (const field in rules) {
    if (rules[field] !== 'union') continue
    const value = document[field]
    if (!Array.isArray(value) || isSortedSet(value)) continue
    if (result === document) result = { ...document }
    result[field] = union([], value) as T[typeof field]
  }
  return result
}

/** `stored` joined with `incoming` by the rules, both normalised; `stored` itself when nothing changed. Neither is modified. */
export function mergeInto<T extends object>(rules: MergeRules<T>, stored: T, incoming: T): T {
  let result = stored
  for (const field in incoming) {
    const theirs = incoming[field]
    if (theirs === undefined) continue
    const ours = stored[field]
    const joined = ours === undefined ? theirs : join(rules[field], ours, theirs)
    if (joined === ours) continue
    if (result === stored) result = { ...stored }
    result[field] = joined as T[typeof field]
  }
  return result
}

/** Answers `ours` itself when `theirs` adds nothing. */
function join(rule: MergeRule | undefined, ours: unknown, theirs: unknown): unknown {
  switch (rule) {
    case undefined:
      return ours
    case 'min':
      return (theirs as number) < (ours as number) ? theirs : ours
    case 'max':
      return (theirs as number) > (ours as number) ? theirs : ours
    case 'union':
      return union(ours as unknown[], theirs as unknown[])
    case 'stamped':
      return joinStamped(ours as Record<string, Stamped>, theirs as Record<string, Stamped>)
  }
}

function union(ours: unknown[], theirs: unknown[]): unknown[] {
  if (theirs.every((value) => has(ours, value))) return ours
  const byText = new Map([...ours, ...theirs].map((value) => [sortKey(value), value]))
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value)
}

function has(values: unknown[], value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return values.includes(value)
  const key = sortKey(value)
  return values.some((other) => sortKey(other) === key)
}

function isSortedSet(values: unknown[]): boolean {
  for (let i = 1; i < values.length; i++) if (!(sortKey(values[i - 1]) < sortKey(values[i]))) return false
  return true
}

function sortKey(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

function joinStamped(ours: Record<string, Stamped>, theirs: Record<string, Stamped>): Record<string, Stamped> {
  let joined: Map<string, Stamped> | undefined
  for (const [name, stamped] of Object.entries(theirs)) {
    const known = Object.hasOwn(ours, name) ? ours[name] : undefined
    if (known !== undefined && !isLater(stamped, known)) continue
    joined ??= new Map(Object.entries(ours))
    joined.set(name, stamped)
  }
  return joined === undefined ? ours : Object.fromEntries(joined)
}

function isLater(a: Stamped, b: Stamped): boolean {
  if (a.at !== b.at) return a.at > b.at
  return sortKey(a.value) > sortKey(b.value)
}
