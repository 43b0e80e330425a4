/* oxlint-disable vitest/no-conditional-expect -- what holds depends on what was drawn */
import { explainRefusal } from '@mirage/model/explain.ts'
import { detect } from '@mirage/model/detect.ts'
import { entityTypes } from '@mirage/model/entity.ts'
import { extract } from '@mirage/model/extract.ts'
import { refang } from '@mirage/model/refang.ts'
import { isCanonical, normalise } from '@mirage/model/registry.ts'
import { RuleError, compileRules } from '@mirage/model/scope-rules.ts'
import { compileScope } from '@mirage/model/scope.ts'
import { decodeAnswer, decodeMessage, skimMessage } from '@mirage/network/dns/wire/message.ts'
import { type Answer, encode } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { oddValues, randomBytes } from './odd.ts'
import { type Chance, chanceOf, seed } from './seed.ts'

/** What reads the text and the packets of strangers never throws but what it says it throws, and says the same twice. */

const rounds = 4_000

const pieces: readonly string[] = [
  ...oddValues.filter((value) => typeof value === 'string').map((value) => value.slice(0, 200)),
  ...'a b . @ : / // # ? & = % , ; - _ + ( ) [ ] { } " \' \\ | ~ * ! $ ^ < > \t \n \r \u00ad \u200b \u3002 ß İ 😀 é'.split(
    ' ',
  ),
  ...'https:// http:// hxxp:// ftp:// mailto: tel: domain: username: ip: www. .com .co.uk .example .onion'.split(' '),
  ...'192.0.2.1 192.0.2.0/24 192.0.2.1-192.0.2.9 2001:db8::1 2001:db8::/32 ::ffff:1.2.3.4 AS64500 %eth0 :443 /tcp'.split(
    ' ',
  ),
  ...'jane@example.com +442079460958 GB33BUKB20201555555555 xn--nxasmq6b example[.]com CVE-2024-1234 sha256:'.split(
    ' ',
  ),
  'd41d8cd98f00b204e9800998ecf8427e',
  '48.8584,2.2945',
  'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq',
  '*.',
]

function textOf(chance: Chance): string {
  return Array.from({ length: 1 + chance.below(8) }, () => chance.one(pieces)).join('')
}

describe(`texts of strangers (MIRAGE_TEST_SEED=${seed})`, () => {
  it('are detected or refused, as what is canonical, with a reason', () => {
    const chance = chanceOf('detect')
    for (let round = 0; round < rounds; round++) {
      const text = textOf(chance)
      const readings = detect(text)
      for (const { entities } of readings)
        for (const { type, value } of entities)
          expect([text, type, isCanonical(type, value)]).toEqual([text, type, true])
      if (readings.length === 0) expect(explainRefusal(text)).not.toBe('')
      expect(typeof refang(text).text).toBe('string')
    }
  })

  it('normalise to what normalises to itself', () => {
    const chance = chanceOf('normalise')
    for (let round = 0; round < rounds; round++) {
      const text = textOf(chance)
      for (const type of entityTypes) {
        const value = normalise(type, text)
        if (value === undefined) continue
        expect([type, text, normalise(type, value)]).toEqual([type, text, value])
        expect([type, text, value.isWellFormed(), value.length <= 16_384]).toEqual([type, text, true, true])
      }
    }
  })

  it('are searched for entities that are canonical', () => {
    const chance = chanceOf('extract')
    for (let round = 0; round < rounds / 4; round++) {
      const text = Array.from({ length: 20 }, () => textOf(chance)).join(chance.one([' ', '\n', ',', '">', '']))
      for (const { type, value, raw } of extract(text)) {
        expect([type, value, isCanonical(type, value)]).toEqual([type, value, true])
        expect(raw).not.toBe('')
      }
    }
  })

  it('are rules of a scope or refused as none', () => {
    const chance = chanceOf('rules')
    for (let round = 0; round < rounds; round++) {
      const rule = textOf(chance)
      try {
        const scope = compileScope({ seeds: [{ type: 'domain', value: 'northwind.example' }], exclude: [rule] })
        scope.coversHost('www.northwind.example')
        scope.allows({ type: 'url', value: 'https://www.northwind.example/a' }, 0, 'target')
        expect(compileRules([rule]).matches({ type: 'ip-address', value: '192.0.2.1' })).toBeTypeOf('boolean')
      } catch (error) {
        expect(error, rule).toBeInstanceOf(RuleError)
      }
    }
  })
})

describe(`packets of strangers (MIRAGE_TEST_SEED=${seed})`, () => {
  const answers: Answer[] = [
    { type: 'A', name: 'www.northwind.example', data: '192.0.2.1' },
    { type: 'AAAA', name: 'www.northwind.example', data: '2001:db8::1' },
    { type: 'CNAME', name: 'www.northwind.example', data: 'web.northwind.example' },
    { type: 'MX', name: 'northwind.example', data: { preference: 10, exchange: 'mail.northwind.example' } },
    { type: 'TXT', name: 'northwind.example', data: ['v=spf1', ' -all'] },
    {
      type: 'SRV',
      name: '_sip._tcp.northwind.example',
      data: { port: 1, priority: 2, weight: 3, target: 'a.example' },
    },
    { type: 'CAA', name: 'northwind.example', data: { flags: 0, tag: 'issue', value: 'ca.example' } },
    { type: 'NS', name: 'northwind.example', data: 'ns.northwind.example' },
  ]

  it('that are damaged are read or refused', () => {
    const chance = chanceOf('damaged')
    for (let round = 0; round < rounds * 5; round++) {
      const bytes = encode({
        type: 'response',
        id: round & 0xffff,
        questions: [{ type: 'A', name: 'www.northwind.example' }],
        answers: answers.filter(() => chance.below(2) === 0),
        authorities: answers.filter(() => chance.below(4) === 0),
      })
      for (let change = chance.below(6); change >= 0; change--) bytes[chance.below(bytes.length)] = chance.below(256)
      // Pointers of compression, to anywhere.
      if (chance.below(2) === 0)
        bytes.writeUInt16BE(0xc000 | chance.below(bytes.length), 12 + chance.below(bytes.length - 13))
      const cut = bytes.subarray(0, chance.below(3) === 0 ? chance.below(bytes.length) : bytes.length)
      for (const { name, data } of decodeMessage(cut)?.records ?? []) {
        expect(name.length).toBeLessThanOrEqual(1_024)
        expect(data.isWellFormed()).toBe(true)
      }
      expect(decodeAnswer(cut, 'x').records.length).toBeLessThanOrEqual(answers.length * 2)
      expect(skimMessage(cut, Math.min(cut.length, 39)).ttl).toBeGreaterThanOrEqual(0)
    }
  })

  it('that are noise are read or refused, never thrown at', () => {
    const chance = chanceOf('noise')
    for (let round = 0; round < rounds; round++) {
      const bytes = Buffer.from(randomBytes(chance, chance.below(300)))
      if (bytes.length > 12) bytes.set([0x81, 0x80, 0, 1, 0, chance.below(8), 0, 0, 0, 0], 2)
      expect(() => decodeMessage(bytes)).not.toThrow()
      expect(() => skimMessage(bytes, 12)).not.toThrow()
      expect(() => decodeAnswer(bytes, 'x')).not.toThrow()
    }
  })
})
