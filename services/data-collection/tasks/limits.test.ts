import { expect, it } from 'vitest'
import { limitsOf } from './limits.ts'

const module = {
  id: 'hackertarget-reverse',
  limits: { group: 'hackertarget', perSecond: 2, perDay: 50, concurrency: 8 },
}

it('are those of the module, shared by its group', () => {
  expect(limitsOf(module, {}, false)).toEqual({ group: 'hackertarget', perSecond: 2, perDay: 50 })
  expect(limitsOf({ id: 'crtsh' }, {}, false)).toEqual({ group: 'crtsh' })
})

it.each([
  ['5/s', { perSecond: 5, perDay: 50 }],
  ['0.5/m', { perMinute: 0.5, perDay: 50 }],
  ['10/h', { perSecond: 2, perHour: 10 }],
  ['2000/d', { perSecond: 2, perDay: 2000 }],
])('a run that says %s replaces a rate by a rate, a quota by a quota', (rate, limits) => {
  expect(limitsOf(module, { moduleRates: { 'hackertarget-reverse': rate } }, false)).toEqual({
    group: 'hackertarget',
    ...limits,
  })
})

it('a lab has only those of the run, and sources of its own', () => {
  const lab = { size: 'demo', seed: 7 } as const
  expect(limitsOf(module, { lab }, false)).toEqual({ group: 'lab hackertarget' })
  expect(limitsOf(module, { lab, moduleRates: { 'hackertarget-reverse': '3/d' } }, false)).toEqual({
    group: 'lab hackertarget',
    perDay: 3,
  })
})

it('of a key that is accepted replace those of the address, and are counted apart', () => {
  const accepts = { key: 'A', where: '', tier: 'free', limits: { perHour: 5_000 } } as const
  expect(limitsOf({ ...module, accepts }, {}, false)).toEqual({ group: 'hackertarget', perSecond: 2, perDay: 50 })
  expect(limitsOf({ ...module, accepts }, {}, true)).toEqual({ group: 'hackertarget by key', perHour: 5_000 })
  const same = { key: 'A', where: '', tier: 'tiered' } as const
  expect(limitsOf({ ...module, accepts: same }, {}, true)).toEqual({
    group: 'hackertarget by key',
    perSecond: 2,
    perDay: 50,
  })
  expect(limitsOf(module, {}, true)).toEqual({ group: 'hackertarget', perSecond: 2, perDay: 50 })
})
