import type { TruthLine } from './truth.ts'

/** An entity or a relationship that a scan found, and the modules that said so. */
export type FoundLine =
  | { kind: 'entity'; type: string; value: string; modules: readonly string[] }
  | { kind: 'relationship'; from: string; type: string; qualifier: string; to: string; modules: readonly string[] }

/** How a scan compares with the world. Lines are `type:value` and `from –type[qualifier]→ to (modules)`. */
export interface Score {
  /** Lines of the truth that some module could discover. */
  expected: number
  found: number
  /** Of what could be discovered, the share that was. */
  recall: number
  /** Of what was found, the share that the world has. */
  precision: number
  missed: string[]
  invented: string[]
}

/** At most so many lines of each list are kept. */
const maxListed = 200

/** Compares what a scan found with the truth about its world. Holds the found lines in memory, not the truth. */
export async function scoreAgainstTruth(
  found: AsyncIterable<FoundLine>,
  truth: AsyncIterable<TruthLine>,
): Promise<Score> {
  const unexplained = new Map<string, readonly string[]>()
  for await (const line of found) unexplained.set(nameOf(line), line.modules)
  const count = unexplained.size
  const missed: string[] = []
  let expected = 0
  let missing = 0
  for await (const line of truth) {
    const name = nameOf(line)
    const isFound = unexplained.delete(name)
    if (line.by.length === 0) continue
    expected++
    if (isFound) continue
    missing++
    if (missed.length < maxListed) missed.push(`${name} (${line.by.join(', ')})`)
  }
  return {
    expected,
    found: count,
    recall: expected === 0 ? 1 : 1 - missing / expected,
    precision: count === 0 ? 1 : 1 - unexplained.size / count,
    missed: missed.sort(),
    invented: [...unexplained]
      .slice(0, maxListed)
      .map(([name, modules]) => `${name} (${modules.join(', ')})`)
      .sort(),
  }
}

function nameOf(line: TruthLine | FoundLine): string {
  if (line.kind === 'entity') return `${line.type}:${line.value}`
  const qualifier = line.qualifier === '' ? '' : `[${line.qualifier}]`
  return `${line.from} –${line.type}${qualifier}→ ${line.to}`
}
