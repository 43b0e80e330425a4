import type { TruthLine } from './truth.ts'

/** An entity or a relationship that a scan found, and the modules that said so. */
export type FoundLine =
  | { kind: 'entity'; type: string; value: string; modules: readonly string[] }
  | { kind: 'relationship'; from: string; type: string; qualifier: string; to: string; modules: readonly string[] }

interface StoredEntity {
  id: string
  type: string
  value: string
  modules: readonly string[]
}

interface StoredRelationship {
  from: string
  kind: string
  qualifier: string
  to: string
  modules: readonly string[]
}

/** What a scan found, by value instead of by id; the entities are read first, as they name the ends of relationships. */
export async function* foundLines(
  entities: () => Promise<AsyncIterable<StoredEntity>>,
  relationships: () => Promise<AsyncIterable<StoredRelationship>>,
): AsyncGenerator<FoundLine> {
  const names = new Map<string, string>()
  for await (const { id, type, value, modules } of await entities()) {
    names.set(id, `${type}:${value}`)
    yield { kind: 'entity', type, value, modules }
  }
  for await (const { from, to, kind: type, qualifier, modules } of await relationships())
    yield { kind: 'relationship', from: names.get(from) ?? from, type, qualifier, to: names.get(to) ?? to, modules }
}

/** How a scan compares with the world. */
export interface Score {
  /** Lines of the truth that some module could discover. */
  expected: number
  found: number
  /** Of what could be discovered, the share that was. */
  recall: number
  /** Of what was found, the share that the world has. */
  precision: number
  /** What could be discovered and was not, by who could have: the first 10,000. */
  missed: Gap[]
  /** What the world does not have, by who says so: the first 10,000. */
  invented: Gap[]
}

/** A line that only one side has. */
export interface Gap {
  /** `type:value`, or `from –type[qualifier]→ to`. */
  line: string
  /** The type of the entity, or that of the relationship with its qualifier. */
  what: string
  modules: readonly string[]
}

/** So many lines of each list are kept. */
const maxListed = 10_000

/** Compares what a scan found with the truth about its world. Holds the found lines in memory, not the truth. */
export async function scoreAgainstTruth(
  found: AsyncIterable<FoundLine>,
  truth: AsyncIterable<TruthLine>,
): Promise<Score> {
  const unexplained = new Map<string, FoundLine>()
  for await (const line of found) unexplained.set(nameOf(line), line)
  const count = unexplained.size
  const missed: Gap[] = []
  let expected = 0
  let missing = 0
  for await (const line of truth) {
    const isFound = unexplained.delete(nameOf(line))
    if (line.by.length === 0) continue
    expected++
    if (isFound) continue
    missing++
    if (missed.length < maxListed) missed.push(gapOf(line, line.by))
  }
  return {
    expected,
    found: count,
    recall: expected === 0 ? 1 : (expected - missing) / expected,
    precision: count === 0 ? 1 : (count - unexplained.size) / count,
    missed,
    invented: [...unexplained.values()].slice(0, maxListed).map((line) => gapOf(line, line.modules)),
  }
}

/** Gaps of one kind and the same modules as one line each, most first: how many there are, and one of them. */
export function groupedGaps(gaps: readonly Gap[]): string[] {
  const groups = Map.groupBy(gaps, ({ what, modules }) => `${what} (${modules.join(', ')})`)
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([group, [first, ...others]]) => `${others.length + 1} × ${group}, such as ${first!.line}`)
}

function gapOf(line: TruthLine | FoundLine, modules: readonly string[]): Gap {
  return { line: nameOf(line), what: line.kind === 'entity' ? line.type : kindOf(line), modules }
}

function nameOf(line: TruthLine | FoundLine): string {
  return line.kind === 'entity' ? `${line.type}:${line.value}` : `${line.from} –${kindOf(line)}→ ${line.to}`
}

function kindOf({ type, qualifier }: { type: string; qualifier: string }): string {
  return qualifier === '' ? type : `${type}[${qualifier}]`
}
