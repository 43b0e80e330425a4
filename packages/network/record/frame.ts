import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { contentId } from '@mirage/model/id.ts'
import type { Frame, TaskKey } from './exchange.ts'

/** A question of a frame, as text that tells it from every other of its kind, and its answer as a JSON value. */
export interface Pair {
  question: string
  /** Undefined answers "there is nothing": it costs one bit, as nearly all answers to guesses do. */
  answer: object | undefined
  /** Seconds for which it holds that there is nothing. A frame keeps the shortest of them for all of them. */
  ttl?: number
}

export const pairsPerFrame = 1_000

/** A frame of these pairs; the id is that of its content and moment, so two attempts never overwrite each other. */
export function encodeFrame(key: TaskKey, kind: Frame['kind'], pairs: readonly Pair[], at: number): Frame {
  const present = new Uint8Array(Math.ceil(pairs.length / 8))
  const answers: object[] = []
  let shortest = Infinity
  for (const [i, { answer, ttl = 0 }] of pairs.entries())
    if (answer === undefined) shortest = Math.min(shortest, ttl)
    else {
      present[i >> 3]! |= 1 << (i & 7)
      answers.push(answer)
    }
  const content = JSON.stringify({
    questions: pairs.map(({ question }) => question),
    present: Buffer.from(present).toString('base64'),
    answers,
    ...(shortest > 0 && shortest < Infinity && { ttl: shortest }),
  })
  const id = contentId(`${key.workspace}\n${key.run}\n${key.module}\n${key.task}\n${kind}\n${at}\n${content}`)
  return { id, key, kind, at, count: pairs.length, body: zstdCompressSync(content) }
}

export function decodeFrame({ body }: Frame): Pair[] {
  // Written by `encodeFrame`.
  const { questions, present, answers, ttl } = JSON.parse(zstdDecompressSync(body).toString()) as {
    questions: string[]
    present: string
    answers: object[]
    ttl?: number
  }
  const bits = Buffer.from(present, 'base64')
  let next = 0
  return questions.map((question, i) =>
    (bits[i >> 3]! >> (i & 7)) & 1
      ? { question, answer: answers[next++] }
      : { question, answer: undefined, ...(ttl !== undefined && { ttl }) },
  )
}

/**
 * Gathers pairs into frames: one is written when it is full, when it is `ageMs` old, or when `flush` is called because
 * nothing more is under way.
 */
export interface FrameWriter {
  /** Resolves with the id of the frame once that is recorded. */
  add(pair: Pair): Promise<string>
  flush(): void
}

export function openFrameWriter(write: (pairs: Pair[]) => Promise<string>, ageMs = 20): FrameWriter {
  let pairs: Pair[] = []
  let written = Promise.withResolvers<string>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    if (pairs.length === 0) return
    clearTimeout(timer)
    timer = undefined
    const [full, done] = [pairs, written]
    pairs = []
    written = Promise.withResolvers<string>()
    write(full).then(done.resolve, done.reject)
  }

  return {
    add(pair) {
      const { promise } = written
      pairs.push(pair)
      if (pairs.length >= pairsPerFrame) flush()
      else timer ??= setTimeout(flush, ageMs)
      return promise
    },
    flush,
  }
}
