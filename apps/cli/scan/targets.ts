import { messageOf } from '@mirage/kit/errors.ts'
import { detect, splitPrefix } from '@mirage/model/detect.ts'
import type { EntityType } from '@mirage/model/entity.ts'
import { explainRefusal } from '@mirage/model/explain.ts'
import { UsageError } from '../exit.ts'
import { readText } from '../pipe.ts'
import { printable } from '../output/printable.ts'

/** What a run starts from. */
export interface Seed {
  type: EntityType
  value: string
}

export interface TargetSources {
  /** Of the command line; `-` stands for standard input. */
  targets: string[]
  /** Files of targets, one a line; `-` stands for standard input. */
  files: string[]
  stdin: AsyncIterable<Uint8Array | string>
}

/** More seeds are refused: no run takes them. */
const mostSeeds = 100_000

/** Of at most so many bad lines it is said what is wrong; the others are named. */
const mostComplaints = 50

/**
 * The seeds of arguments, files and standard input, each once, in order. Throws a `UsageError` that names every line
 * that is no target, so that one look at it is enough to mend the list.
 */
export async function readTargets({ targets, files, stdin }: TargetSources): Promise<Seed[]> {
  const complaints: Complaint[] = []
  const seeds = new Map<string, Seed>()

  function take(text: string, place?: Place): void {
    const { seeds: read, problem } = readTarget(text)
    if (problem !== undefined) complaints.push({ problem, ...place })
    for (const seed of read) seeds.set(`${seed.type}:${seed.value}`, seed)
  }

  function takeLines(text: string, name: string): void {
    const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
    for (const [index, line] of lines.entries()) {
      const target = withoutComment(line)
      if (target !== '') take(target, { list: name, line: index + 1 })
    }
  }

  let stdinRead = false
  async function takeStdin(): Promise<void> {
    if (stdinRead) return
    stdinRead = true
    takeLines(await textOf(stdin), 'standard input')
  }

  for (const file of files) {
    if (file === '-') await takeStdin()
    else
      try {
        takeLines(await readText(file), file)
      } catch (error) {
        complaints.push({ problem: `${file}: the list cannot be read (${messageOf(error)}).` })
      }
  }
  for (const target of targets) {
    if (target === '-') await takeStdin()
    else take(target.trim())
  }
  if (complaints.length > 0) throw new UsageError(...linesOf(complaints), 'Nothing was sent.')
  if (seeds.size > mostSeeds)
    throw new UsageError(
      `These are ${seeds.size} targets; one run takes ${mostSeeds}. Split the list. Nothing was sent.`,
    )
  return [...seeds.values()]
}

/**
 * The seeds that one text stands for: usually one, several for a range of addresses that is no single block. A word that
 * has several readings is none until the person says which: `username:jdoe`.
 */
export function readTarget(text: string): { seeds: Seed[]; problem?: string } {
  const readings = detect(text)
  const [best] = readings
  if (best === undefined) return { seeds: [], problem: printable(shortened(explainRefusal(text), 300)) }
  if (splitPrefix(text) === undefined && words.has(best.type) && readings.length > 1) {
    const choices = readings.map(({ type }) => `${type}:${/\s/.test(text) && !/^["']/.test(text) ? `"${text}"` : text}`)
    return {
      seeds: [],
      problem: printable(`“${shortened(text, 80)}” can be read in several ways; write one of: ${choices.join('  ')}`),
    }
  }
  return { seeds: best.entities }
}

/** What any word or phrase can be. */
const words = new Set<EntityType>(['username', 'keyword', 'organization', 'person'])

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** The line without what follows a “#” that begins it or stands behind a blank: a URL may hold one. */
function withoutComment(line: string): string {
  return line.replace(/(^|\s)#[^]*$/, '').trim()
}

async function textOf(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Where a target stands in a list. */
interface Place {
  list: string
  line: number
}

interface Complaint extends Partial<Place> {
  problem: string
}

/** What is wrong with the first of them, and the numbers of all other lines. */
function linesOf(complaints: Complaint[]): string[] {
  const said = complaints
    .slice(0, mostComplaints)
    .map(({ list, line, problem }) => (list === undefined ? problem : `${list}, line ${line}: ${problem}`))
  const rest = complaints.slice(mostComplaints)
  if (rest.length === 0) return said
  const others = [...Map.groupBy(rest, ({ list }) => list ?? '')].map(([list, its]) =>
    list === '' ? `${its.length} arguments` : `${list}, lines ${rangesOf(its.map(({ line }) => line ?? 0))}`,
  )
  return [...said, `… and ${rest.length} more: ${others.join('; ')}`]
}

/** Rising numbers as people write them: `3, 7–9`. */
function rangesOf(numbers: number[]): string {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && number === last[1] + 1) last[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(', ')
}
