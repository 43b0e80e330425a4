import type { DnsAnswer, DnsRecord } from '@mirage/model/exchange.ts'
import { expect, test } from 'vitest'
import { type Walk, walkChain } from './chain.ts'

const nsec = (name: string, data: string): DnsRecord => ({ name, type: 'NSEC', ttl: 60, data })

/** Walks `z.example`, where each name answers these records, and any other one nothing. */
async function walk(
  answers: Record<string, { records?: DnsRecord[]; proof?: DnsRecord[] }>,
  most = 100,
): Promise<{ names: string[]; asked: string[] } & Walk> {
  const asked: string[] = []
  const flow = walkChain(
    'z.example',
    (name): Promise<DnsAnswer> => {
      asked.push(name)
      return Promise.resolve({ name, type: 'NSEC', status: 'NOERROR', records: [], server: '', ...answers[name] })
    },
    most,
  )
  const names: string[] = []
  for (;;) {
    const step = await flow.next()
    if (step.done) return { names, asked, ...step.value }
    names.push(step.value)
  }
}

test('a zone below that is signed itself is passed, not entered', async () => {
  const walked = await walk({
    'z.example': { records: [nsec('z.example', 'child.z.example NS SOA RRSIG NSEC')] },
    'child.z.example': { records: [nsec('child.z.example', 'a.child.z.example NS SOA RRSIG NSEC')] },
    'child\\000.z.example': {
      proof: [nsec('*.z.example', 'child.z.example A'), nsec('child.z.example', 'd.z.example NS DS RRSIG NSEC')],
    },
    'd.z.example': { records: [nsec('d.z.example', 'z.example A RRSIG NSEC')] },
  })
  expect(walked).toMatchObject({ end: 'whole', names: ['child.z.example', 'd.z.example'] })
  expect(walked.asked).toEqual(['z.example', 'child.z.example', 'child\\000.z.example', 'd.z.example'])
})

test('a zone without NSEC costs one question', async () => {
  expect(await walk({})).toEqual({ end: 'none', at: 'z.example', names: [], asked: ['z.example'] })
})

test('a zone of which nobody answers is not one without NSEC', async () => {
  const silence: DnsAnswer = { name: 'z.example', type: 'NSEC', status: 'TIMEOUT', records: [], server: '' }
  const flow = walkChain('z.example', () => Promise.resolve(silence), 10)
  expect(await flow.next()).toEqual({ done: true, value: { end: 'broken', at: 'z.example' } })
})

test('records that are made up lead nowhere, whatever they look like', async () => {
  for (const next of ['\\000.z.example', 'z\\000.example', '\\000\\000.a.z.example']) {
    const made = await walk({ 'z.example': { records: [nsec('z.example', `${next} NS SOA RRSIG NSEC`)] } })
    expect(made, next).toMatchObject({ end: 'minimal', names: [] })
  }
})

test('a limit ends it with what was found', async () => {
  const chain = ['z', 'a.z', 'b.z', 'c.z', 'z'].map((name) => `${name}.example`)
  const answers = Object.fromEntries(
    chain.slice(0, -1).map((name, i) => [name, { records: [nsec(name, `${chain[i + 1]} A`)] }]),
  )
  expect(await walk(answers, 2)).toMatchObject({
    end: 'limit',
    at: 'b.z.example',
    names: ['a.z.example', 'b.z.example'],
  })
  expect(await walk(answers, 3)).toMatchObject({ end: 'whole', names: ['a.z.example', 'b.z.example', 'c.z.example'] })
})
