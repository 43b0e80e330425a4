import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerPacker, QuestionPacker, noServer, packedAnswers, questionHeaderBytes } from './packing.ts'
import type { Verdict } from './packing.ts'
import { messageReader, withLength } from './worker/tcp-port.ts'

const message = fc.uint8Array({ maxLength: 3_000 })

describe('blocks', () => {
  it('give back the answers that went in', () => {
    const answer = fc.record({
      reference: fc.nat(0xffff_ffff),
      verdict: fc.constantFrom<Verdict>(0, 1, 2, 3),
      cached: fc.boolean(),
      server: fc.constantFrom(0, 1, noServer),
      ttl: fc.nat(0x7fff_ffff),
      message,
    })
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 30 }), (answers) => {
        const packer = new AnswerPacker()
        for (const item of answers)
          packer.add(item.reference, item.verdict, item.cached, item.server, item.ttl, Buffer.from(item.message))
        expect(packer.count).toBe(answers.length)
        const block = packer.take(16)
        expect([...packedAnswers(block, ['one', 'two'])]).toEqual(
          answers.map((item) => ({
            ...item,
            server: item.server === noServer ? '' : ['one', 'two'][item.server],
            message: Buffer.from(item.message),
          })),
        )
        expect(packer.count).toBe(0)
      }),
    )
  })

  it('grow with the questions that go in', () => {
    const packer = new QuestionPacker()
    const name = Buffer.alloc(255, 7)
    for (let i = 0; i < 100; i++) packer.add(i, 1, 255, name, 255)
    expect(packer.count).toBe(100)
    const block = Buffer.from(packer.take())
    expect(block).toHaveLength(100 * (questionHeaderBytes + 255))
    expect(block.readUInt32LE(99 * (questionHeaderBytes + 255))).toBe(99)
  })
})

describe('messages over TCP', () => {
  it('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 700 })), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(withLength))
        const read = messageReader()
        const out: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          out.push(...read(stream.subarray(at, at + cut)))
          at += cut
        }
        out.push(...read(stream.subarray(at)))
        expect(out).toEqual(messages.map((item) => Buffer.from(item)))
      }),
    )
  })
})
