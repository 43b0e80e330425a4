import { verdicts } from '../packing.ts'
import type { Verdict } from '../packing.ts'
import type { ProbeOptions } from '../lane-options.ts'
import { typeCodes } from '../wire/codes.ts'
import { decodeAnswer } from '../wire/message.ts'
import { nameToWire } from '../wire/name.ts'
import { Query } from './query.ts'
import type { Sink } from './query.ts'
import { randomLabel } from '../random.ts'
import type { Upstream } from './upstream.ts'

/** A resolver in use is tested again after this long; one that lied, too. */
export const retestAfterMs = 300_000

/**
 * Tests whether a resolver tells the truth, with questions that only it may answer: random names, which must not
 * exist (also with `www.` before them: some redirect only those), and names whose addresses are known. `done` is
 * called once its state has been set.
 */
export function probe(upstream: Upstream, options: ProbeOptions, now: () => number, done: () => void): void {
  const questions: { name: string; type: number; known: string[] | undefined }[] = []
  for (const suffix of options.missing) {
    questions.push({ name: `${randomLabel()}.${suffix}`, type: typeCodes.A, known: undefined })
    questions.push({ name: `www.${randomLabel()}.${suffix}`, type: typeCodes.A, known: undefined })
  }
  for (const known of options.known)
    questions.push({ name: known.name, type: typeCodes[known.type], known: known.data })

  const lies = new Set<string>()
  let falsified: string | undefined
  let silent = 0
  let left = 0
  const sink: Sink = {
    open: true,
    deliver(
      query: Query,
      verdict: Verdict,
      _cached: boolean,
      _server: number,
      _ttl: number,
      message: Uint8Array,
    ): void {
      if (verdict === verdicts.timeout) silent++
      else {
        const { status, records } = decodeAnswer(Buffer.from(message), '')
        const { name, known } = questions[query.reference]!
        const data = records.filter((record) => typeCodes[record.type] === query.type).map((record) => record.data)
        if (status === 'NOERROR' && known === undefined) for (const address of data) lies.add(address)
        if (status === 'NOERROR' && known !== undefined && !data.some((item) => known.includes(item))) falsified = name
      }
      if (--left === 0) settle()
    },
  }
  function settle(): void {
    upstream.probing = false
    upstream.testedAt = now()
    upstream.lies = lies
    upstream.falsifies = falsified !== undefined
    if (falsified !== undefined) {
      upstream.state = 'lying'
      upstream.reason = `gives wrong addresses for ${falsified}`
    } else if (lies.size > 0) {
      upstream.state = 'lying'
      upstream.reason = `gives ${[...lies].slice(0, 3).join(', ')} for names that do not exist`
    } else if (questions.length > 0 && silent === questions.length) {
      upstream.setAside(now(), 'does not answer')
    } else {
      upstream.state = 'good'
      upstream.reason = undefined
    }
    done()
  }

  upstream.probing = true
  for (const [reference, { name, type }] of questions.entries()) {
    const wire = nameToWire(name)
    if (wire === undefined) continue
    left++
    upstream.own.push(new Query(sink, reference, type, Buffer.from(wire), 0, wire.length, upstream.index))
  }
  if (left === 0) settle()
}

/** True when what a lying resolver answered may be one of its lies. */
export function mayBeLie(upstream: Upstream, message: Buffer): boolean {
  if (upstream.falsifies) return true
  return decodeAnswer(message, '').records.some((record) => upstream.lies.has(record.data))
}
