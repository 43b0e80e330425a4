import { parseDuration } from '@mirage/kit/clock.ts'
import { detect } from '@mirage/model/detect.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { parseRange } from '@mirage/model/entities/infrastructure/netblock.ts'
import { explainRefusal } from '@mirage/model/explain.ts'
import { compileRules } from '@mirage/model/scope-rules.ts'
import { readJcard } from '@mirage/module-sdk/jcard.ts'
import { openReplay } from '@mirage/module-sdk/replay.ts'
import { runModule } from '@mirage/module-sdk/run.ts'
import { module as hackertargetReverse } from '@mirage/modules/hackertarget-reverse/module.ts'
import { module as hackertarget } from '@mirage/modules/hackertarget/module.ts'
import { openAnswerReader } from '@mirage/network/http/answer.ts'
import { describe, expect, it } from 'vitest'

/**
 * Texts upon which a pattern that tries every split of a run of characters takes minutes or hours: a test that comes to
 * its end has not met one.
 */
describe('the work for a hostile text grows with its length', () => {
  const long = 300_000

  it.each([
    ['colons', `[${':'.repeat(4_000)}!`],
    ['dots', `${'.'.repeat(4_000)}\t!`],
    ['onions', `a${'.onion/'.repeat(580)}\n`],
    ['brackets', `x${'].]'.repeat(1_300)}]`],
  ])('a target of %s', (_name, text) => {
    expect(detect(text).map(({ type }) => type)).not.toContain('ip-address')
    expect(explainRefusal(text)).toBeTypeOf('string')
  })

  it.each([
    ['dots', `${'.'.repeat(long)}\t!`],
    ['colons', `${':'.repeat(long)}!`],
    ['blanks', `1${'\t'.repeat(long)}x-!`],
  ])('a rule of %s', (_name, rule) => {
    expect(() => compileRules([rule])).toThrow(/not a rule/)
  })

  it('a rule that is a comment', () => {
    expect(compileRules([`#${'\t#'.repeat(long)}\n#`]).size).toBe(0)
  })

  it('a range, and a duration', () => {
    expect(parseRange(`1${'\t'.repeat(long)}x-!`)).toBeUndefined()
    expect(parseDuration('0'.repeat(long))).toBeUndefined()
  })

  it('the head of an answer of HTTP', () => {
    for (let answers = 0; answers < 20; answers++) {
      const reader = openAnswerReader({ method: 'GET', maxBytes: 1 << 20 })
      const head = `HTTP/1.1 200 OK\r\na:${'\t'.repeat(65_000)}\0\r\n\r\n`
      expect(() => reader.read(Buffer.from(head, 'latin1'))).toThrow('a header that is none')
    }
  })

  it('a card of a registry', () => {
    const tel = `tel:+1${';ext='.repeat(long)}\n;`
    const email = `${'@'.repeat(long)}\n`
    const card = readJcard([
      'vcard',
      [
        ['tel', {}, 'uri', tel],
        ['email', {}, 'text', email],
      ],
    ])
    expect(card.phones).toHaveLength(1)
  })

  it.each([
    [hackertarget, entityRef('domain', 'northwind.example'), 'hostsearch/?q=northwind.example'],
    [hackertargetReverse, entityRef('ip-address', '198.18.0.10'), 'reverseiplookup/?q=198.18.0.10'],
  ])('the rows of a source', async (module, entity, path) => {
    const body = `${'.'.repeat(long)},!\n${'a.'.repeat(long)},!\nwww.northwind.example,198.18.0.10\nwww.northwind.example\n`
    const transport = openReplay({ http: [{ url: `https://api.hackertarget.com/${path}`, body }] })
    const options = { signal: new AbortController().signal, now: () => 0 }
    const all = await Array.fromAsync(runModule(module, { run: 'run_1', entities: [entity] }, transport, options))
    expect(all.at(-1)).toMatchObject({ outcome: 'found' })
  })
})
