import { decode, encode, type RecordType } from 'dns-packet'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeWorld } from '../../world/world.ts'
import { makeFailures } from '../failure.ts'
import { noTrafficLog } from '../traffic-log.ts'
import { makeDnsResponder } from './responder.ts'
import { readQuestion } from './wire.ts'

const responder = makeDnsResponder(makeWorld({ seed: 7, size: '10k' }), noTrafficLog(), makeFailures())

test('no bytes make a server fail, and an answer repeats the question', () => {
  fc.assert(
    fc.property(fc.constantFrom(...responder.addresses), fc.uint8Array({ maxLength: 600 }), (address, bytes) => {
      const answer = responder.answer(address, Buffer.from(bytes), 'fuzz', 'udp')
      expect(answer === undefined || (answer.length >= 12 && (answer[2]! & 0x80) !== 0)).toBe(true)
    }),
  )
})

test('every well-formed question gets an answer that another codec reads', () => {
  const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/)
  const names = fc.oneof(
    fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.')),
    label.map((text) => `${text}.preview.northwind.example`),
    fc.constantFrom(
      'northwind.example',
      'corp.northwind.example',
      'shop.northwind.example',
      '53.0.18.198.in-addr.arpa',
      'example',
      'origin.asn.cymru.com',
    ),
  )
  const types = fc.constantFrom<RecordType[]>('A', 'AAAA', 'NS', 'MX', 'TXT', 'SOA', 'SRV', 'CAA', 'PTR', 'CNAME', 'DS')
  fc.assert(
    fc.property(fc.constantFrom(...responder.addresses), names, types, (address, name, type) => {
      const query = encode({ id: 9, type: 'query', questions: [{ name, type }] })
      const answer = responder.answer(address, query, 'test', 'udp')
      expect(answer).toBeDefined()
      expect(decode(answer!).questions).toMatchObject([{ name }])
      expect(decode(answer!).id).toBe(9)
    }),
  )
})

test('a question with a pointer, a label too long or nothing after it is none', () => {
  const head = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
  expect(readQuestion(Buffer.from([...head, 0xc0, 12, 0, 1, 0, 1]))).toBeUndefined()
  expect(
    readQuestion(Buffer.from([...head, 64, ...Array.from({ length: 70 }, () => 97), 0, 0, 1, 0, 1])),
  ).toBeUndefined()
  expect(readQuestion(Buffer.from([...head, 1, 97, 0, 0, 1]))).toBeUndefined()
  expect(readQuestion(Buffer.from([...head, 1, 65, 0, 0, 1, 0, 1]))).toMatchObject({ name: 'a', type: 1, udpSize: 512 })
})

test('a data source that is asked through DNS fails on demand, by its id', () => {
  const failures = makeFailures()
  const failing = makeDnsResponder(makeWorld({ seed: 7, size: 'demo' }), noTrafficLog(), failures)
  const query = encode({ id: 9, type: 'query', questions: [{ name: 'as64500.asn.cymru.com', type: 'TXT' }] })
  const rcode = () => failing.answer('198.18.0.53', query, 'test', 'udp')![3]! & 15
  failures.set('team-cymru', { down: true, times: 1 })
  expect([rcode(), rcode()]).toEqual([2, 0])
})
