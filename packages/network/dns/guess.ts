import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { randomLabel } from './random.ts'
import { exists } from './wildcard-profile.ts'
import type { Asker, Wildcards } from './wildcard.ts'
import { labelsOf } from './wire/name.ts'

export interface GuessSummary {
  guessed: number
  found: number
  /** Frames thrown away because names that cannot exist came through. */
  discarded: number
  /** Guesses that no resolver answered: they may exist. */
  unanswered: number
}

export interface GuessOptions {
  /** Labels between two rows of canaries. Default 2,000. */
  frame?: number
  /** Default random; a run that must repeat itself gives its own. */
  label?: (parent: string) => string
}

const canaries = 3

/**
 * Asks for `label.parent` for each label and yields those that exist: with an address (A, else AAAA), or `NODATA`
 * where only other types or names below are there, or `NXDOMAIN` with a CNAME that points nowhere. Wildcards are
 * recognised and what they make up is left out.
 *
 * The labels go out in frames with canaries, names that cannot exist, before and after: when one comes through as real
 * the resolvers answer anything, and the frame is discarded. A frame is yielded only once the canaries after it kept
 * quiet.
 */
export async function* guessNames(
  asker: Asker,
  wildcards: Wildcards,
  parent: string,
  labels: Iterable<string>,
  options: GuessOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<DnsAnswer, GuessSummary, void> {
  const { frame: frameSize = 2_000, label: canaryLabel = randomLabel } = options
  const summary: GuessSummary = { guessed: 0, found: 0, discarded: 0, unanswered: 0 }

  async function ask(questions: DnsQuestion[]): Promise<DnsAnswer[]> {
    const answers: DnsAnswer[] = []
    if (questions.length > 0) for await (const answer of asker.resolve(questions, signal)) answers.push(answer)
    return answers
  }

  async function canaryHits(): Promise<boolean> {
    const questions = Array.from({ length: canaries }, (): DnsQuestion => question(canaryLabel(parent), parent))
    return (await wildcards.real(await ask(questions), signal)).length > 0
  }

  for (const frame of framesOf(labels, frameSize)) {
    summary.guessed += frame.length
    const lied = await canaryHits()
    const answers = lied ? [] : await ask(frame.map((label) => question(label, parent)))
    summary.unanswered += answers.filter((answer) => answer.status === 'TIMEOUT').length
    const found = await withAddresses(await wildcards.real(answers, signal))
    if (lied || (await canaryHits())) {
      summary.discarded++
      continue
    }
    summary.found += found.length
    yield* found
  }
  return summary

  /** Names without an IPv4 address may have an IPv6 one. */
  async function withAddresses(answers: DnsAnswer[]): Promise<DnsAnswer[]> {
    const without = new Map(answers.filter(({ status }) => status === 'NODATA').map((answer) => [answer.name, answer]))
    const others = await ask([...without.keys()].map((name) => ({ name, type: 'AAAA' as const })))
    for (const other of others) if (other.status === 'NOERROR' && exists(other)) without.set(other.name, other)
    return [...answers.filter(({ status }) => status !== 'NODATA'), ...without.values()]
  }
}

function question(label: string, parent: string): DnsQuestion {
  return { name: `${label}.${parent}`, type: 'A' }
}

/** Labels as they can stand in a name, each once a frame. */
function* framesOf(labels: Iterable<string>, size: number): Generator<string[], void, void> {
  let frame = new Set<string>()
  for (const raw of labels) {
    const label = raw.trim().toLowerCase().replace(/\.$/, '')
    if (label === '' || labelsOf(label).length === 0) continue
    frame.add(label)
    if (frame.size < size) continue
    yield [...frame]
    frame = new Set()
  }
  if (frame.size > 0) yield [...frame]
}
