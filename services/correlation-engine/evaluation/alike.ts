import { fieldOf, type Item } from '../language/field.ts'

/** Shorter labels resemble too much by chance. */
const shortest = 5

/** Of names that differ in one place only, no more are compared with each other. */
const largestBucket = 50

/** Characters and pairs that readers take for each other, each as what it is taken for. */
const confusable: [RegExp, string][] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/[0]/g, 'o'],
  [/[1i|]/g, 'l'],
  [/3/g, 'e'],
  [/5/g, 's'],
  [/[-_]/g, ''],
]

/**
 * Pairs of different names that a reader could take for each other: the same once look-alike characters are mapped, or
 * one letter more, fewer, exchanged or swapped with its neighbour. Only first labels count, and equal ones under
 * different suffixes are no pair. Linear in the number of names.
 */
export function alikePairs(items: Item[], by: string): { names: [string, string]; members: Item[] }[] {
  const byName = Map.groupBy(
    items.filter((item) => fieldOf(item, by) !== undefined),
    (item) => fieldOf(item, by)!,
  )
  const buckets = new Map<string, Set<string>>()
  for (const name of byName.keys())
    for (const bucket of bucketsOf(labelOf(name))) {
      const names = buckets.get(bucket)
      if (names) names.add(name)
      else buckets.set(bucket, new Set([name]))
    }
  const pairs = new Map<string, [string, string]>()
  for (const names of buckets.values()) {
    const sorted = [...names].sort().slice(0, largestBucket)
    for (const [at, a] of sorted.entries())
      for (const b of sorted.slice(at + 1)) if (areAlike(labelOf(a), labelOf(b))) pairs.set(`${a}\n${b}`, [a, b])
  }
  return [...pairs.values()]
    .sort((a, b) => (a.join() < b.join() ? -1 : 1))
    .map((names) => ({ names, members: names.flatMap((name) => byName.get(name)!) }))
}

function labelOf(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? name : name.slice(0, dot)
}

/** Alike labels share one: the label as it is read, and it with each letter left out. */
function bucketsOf(label: string): Set<string> {
  if (label.length < shortest) return new Set()
  const buckets = new Set([`= ${skeletonOf(label)}`, label])
  for (let at = 0; at < label.length; at++) buckets.add(label.slice(0, at) + label.slice(at + 1))
  return buckets
}

function skeletonOf(label: string): string {
  return confusable.reduce((text, [from, to]) => text.replaceAll(from, to), label)
}

function areAlike(a: string, b: string): boolean {
  if (a === b) return false
  if (skeletonOf(a) === skeletonOf(b)) return true
  if (differsInDigitsOnly(a, b)) return false
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  let start = 0
  while (start < short.length && short[start] === long[start]) start++
  const rest = (text: string, skip: number) => text.slice(start + skip)
  if (short.length === long.length)
    return (
      rest(short, 1) === rest(long, 1) ||
      (short[start] === long[start + 1] && short[start + 1] === long[start] && rest(short, 2) === rest(long, 2))
    )
  return long.length === short.length + 1 && rest(short, 0) === rest(long, 1)
}

/** `shop1` and `shop2` are a series, not an imitation. */
function differsInDigitsOnly(a: string, b: string): boolean {
  return a.replaceAll(/\d/g, '') === b.replaceAll(/\d/g, '')
}
