import { array, assert, constantFrom, integer, nat, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration, pause, steadyClock, toInstant } from './clock.ts'

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['0.5s', 500],
    ['2d', 172_800_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each(['', '10', 'm', '10 m', '-1s', '1w', '1h-30m', '10M', '1.h'])('“%s” is none', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  )

  it('adds up its parts, whatever their order', () => {
    assert(
      property(
        array(tuple(nat(1000), constantFrom('ms', 's', 'm', 'h', 'd')), { minLength: 1, maxLength: 5 }),
        (parts) => {
          const one = ([amount, unit]: [number, string]): string => `${amount}${unit}`
          const sum = parts.map((part) => parseDuration(one(part))!).reduce((a, b) => a + b)
          expect(parseDuration(parts.map(one).join(''))).toBe(sum)
        },
      ),
    )
  })
})

describe('a pause', () => {
  it('ends at once, without an error, when it is aborted before or during', async () => {
    await pause(1 << 30, AbortSignal.abort())
    const stop = new AbortController()
    const waiting = pause(1 << 30, stop.signal)
    stop.abort()
    expect(await waiting).toBeUndefined()
  })
})

it('writes instants in UTC', () => expect(toInstant(0)).toBe('1970-01-01T00:00:00.000Z'))

describe('a steady clock', () => {
  it('is never behind the time of day, never goes back, and goes on at the pace of the machine', () => {
    const steps = array(tuple(nat(100_000), integer({ min: -1_000_000, max: 1_000_000 })), { maxLength: 50 })
    assert(
      property(steps, (steps) => {
        let [wall, passed] = [1_000_000_000, 0]
        const steady = steadyClock({ now: () => wall }, () => passed)
        let last = steady.now()
        expect(last).toBe(wall)
        for (const [ms, jump] of steps) {
          passed += ms
          wall += ms + jump
          const now = steady.now()
          expect(now).toBe(Math.max(last + ms, wall))
          last = now
        }
      }),
    )
  })
})
