import { expect, it } from 'vitest'
import { limitsOf } from './task-limits.ts'

const module = {
  id: 'hackertarget-reverse',
  limits: { group: 'hackertarget', perSecond: 2, perDay: 50, concurrency: 8 },
}

it('are those of the module, shared by its group', () => {
  expect(limitsOf(module, {})).toEqual({ group: 'hackertarget', perSecond: 2, perDay: 50 })
  expect(limitsOf({ id: 'crtsh' }, {})).toEqual({ group: 'crtsh' })
})

it.each([
  ['5/s', { perSecond: 5, perDay: 50 }],
  ['0.5/m', { perMinute: 0.5, perDay: 50 }],
  ['10/h', { perSecond: 2, perHour: 10 }],
  ['2000/d', { perSecond: 2, perDay: 2000 }],
])('a run that says %s replaces a rate by a rate, a quota by a quota', (rate, limits) => {
  expect(limitsOf(module, { moduleRates: { 'hackertarget-reverse': rate } })).toEqual({
    group: 'hackertarget',
    ...limits,
  })
})

it('a lab has only those of the run, and sources of its own', () => {
  const lab = { size: 'demo', seed: 7 } as const
  expect(limitsOf(module, { lab })).toEqual({ group: 'lab hackertarget' })
  expect(limitsOf(module, { lab, moduleRates: { 'hackertarget-reverse': '3/d' } })).toEqual({
    group: 'lab hackertarget',
    perDay: 3,
  })
})
