import { expect, test } from 'vitest'
import type { Lane } from '@mirage/services/scan-orchestration/contract.ts'
import { sampleLane, sampleRun } from '../fake/world.ts'
import { styleOf } from '../output/style.ts'
import { widthOf } from '../output/text.ts'
import { frameOf } from './frame.ts'
import { type LiveState, openState } from './state.ts'

const plain = styleOf(false)

const lanes: Lane[] = [
  sampleLane('crtsh', { done: 1, observations: 212, outcomes: { found: 1 } }),
  sampleLane('hackertarget', {
    done: 2,
    outcomes: { 'rate-limited': 2 },
    lastReason: 'hackertarget.com answered 429',
  }),
  sampleLane('dns-resolve', { queued: 200, running: 40, done: 120, observations: 340, outcomes: { found: 120 } }),
  sampleLane('http-probe', { queued: 12 }),
  sampleLane('whois'),
  sampleLane('hunter', { state: 'no-key', key: { name: 'HUNTER_API_KEY', where: 'https://hunter.io' } }),
]

function stateOf(changes: Partial<LiveState> = {}): LiveState {
  return { ...openState(sampleRun({ seconds: 12 })), lanes, ...changes }
}

test('80 columns: how far each module is, work first, then trouble, then what is done', () => {
  const state = stateOf({
    newest: [{ type: 'domain', value: 'mail.example.com' }],
    findings: { info: 0, low: 2, medium: 0, high: 1, critical: 0 },
  })
  expect(frameOf(state, { columns: 79, rows: 24, style: plain, tick: 0 })).toEqual([
    '⠋ example.com                                                     running  0:12',
    '  3 entities · 2 relationships · 46 requests · 252 open',
    '  domain 2 · ip-address 1',
    '⠋ dns-resolve   ━━━───────    120/360     340 found',
    '  http-probe    ──────────       0/12       0 found',
    '! hackertarget  ━━━━━━━━━━        2/2       0 found  2 rate-limited: hackertar…',
    '✓ crtsh         ━━━━━━━━━━        1/1     212 found',
    '  whois         nothing to do yet',
    '  hunter        no key (HUNTER_API_KEY)',
    '  findings  1 high  2 low',
    '  + domain         mail.example.com',
  ])
})

test('40 columns: no bars, nothing wraps', () => {
  expect(frameOf(stateOf(), { columns: 40, rows: 24, style: plain, tick: 1 })).toEqual([
    '⠙ example.com              running  0:12',
    '  3 entities · 2 relationships',
    '  domain 2 · ip-address 1',
    '⠙ dns-resolve     120/360     340 found',
    '  http-probe         0/12       0 found',
    '! hackertarget        2/2       0 found…',
    '✓ crtsh               1/1     212 found',
    '  whois         nothing to do yet',
    '  hunter        no key (HUNTER_API_KEY)',
  ])
})

test('three thousand lanes are a list of the foremost and one line on the rest', () => {
  const many = Array.from({ length: 3000 }, (_, index) =>
    sampleLane(`module-${index}`, index % 3 === 0 ? { running: 1 } : index % 3 === 1 ? { done: 1 } : {}),
  )
  const frame = frameOf(stateOf({ lanes: many }), { columns: 79, rows: 10, style: plain, tick: 0 })
  expect(frame).toHaveLength(10)
  expect(frame.at(-1)).toBe('  … 2,994 more modules: 994 at work, 1,000 done, 1,000 with nothing to do')
})

test('no line is wider than the terminal, and no frame higher, whatever is found', () => {
  const state = stateOf({
    newest: [{ type: 'url', value: `https://example.com/${'例'.repeat(300)}\u001b[2J` }],
    findings: { info: 1000, low: 1000, medium: 1000, high: 1000, critical: 1000 },
  })
  state.run.name = 'a name that is far too long for the line that it stands in, whatever its width is, in the end'
  for (let columns = 20; columns < 130; columns += 3)
    for (const rows of [1, 3, 6, 12, 24]) {
      const frame = frameOf(state, { columns, rows, style: styleOf(true), tick: columns })
      expect(frame.length).toBeLessThanOrEqual(rows)
      expect(frame.filter((line) => widthOf(line) > columns)).toEqual([])
      expect(frame.join('')).not.toContain('\u001b[2J')
    }
})

test('a slow source says who waits for it, and about how long', () => {
  const heldBack = { addresses: 1840, seconds: 1840 }
  const slow = sampleLane('internetdb', { queued: 1840, done: 660, running: 8, observations: 900, heldBack })
  const frame = frameOf(stateOf({ lanes: [slow] }), { columns: 120, rows: 24, style: plain, tick: 0 })
  expect(frame.join('\n')).toMatch(/internetdb .* 900 found {2}1,840 addresses to be scanned after it, about 31 min/)
})

test('a run says what it waits for, and that it stops', () => {
  const options = { columns: 79, rows: 24, style: plain, tick: 0 }
  const waiting = stateOf({ run: sampleRun({ waitingFor: 'space on the disk' }) })
  expect(frameOf(waiting, options)[0]).toMatch(/waiting for space on the disk {2}0:12$/)
  expect(frameOf(stateOf({ stopping: true }), options)[0]).toMatch(/^· example\.com .* stopping {2}0:12$/)
  expect(frameOf(stateOf({ run: sampleRun({ status: 'paused' }) }), options)[0]).toMatch(/^‖ example\.com .* paused/)
})
