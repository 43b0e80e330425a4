import { expect, it } from 'vitest'
import { type Mark, type Resolution, stateOf } from './state.ts'

const mark = (state: Mark['state'], more: Partial<Mark> = {}): Mark => ({ id: 'f', state, at: 100, ...more })
const resolved = (seenAt: number): Resolution => ({ id: 'f', run: 'run_b', at: 200, seenAt })

it.each<[string, number, Mark | undefined, Resolution | undefined, string]>([
  ['nobody said anything', 50, undefined, undefined, 'new'],
  ['confirmed', 50, mark('confirmed'), undefined, 'confirmed'],
  ['dismissed, though it is seen again', 500, mark('dismissed'), resolved(50), 'dismissed'],
  ['accepted for good', 500, mark('accepted'), undefined, 'accepted'],
  ['accepted until later', 500, mark('accepted', { acceptedUntil: 2000 }), undefined, 'accepted'],
  ['accepted until before now', 500, mark('accepted', { acceptedUntil: 900 }), undefined, 'new'],
  ['gone in a later run', 50, undefined, resolved(50), 'resolved'],
  ['confirmed, and gone in a later run', 50, mark('confirmed'), resolved(50), 'resolved'],
  ['confirmed, gone, and back', 60, mark('confirmed'), resolved(50), 'confirmed'],
  ['resolved by a person', 50, mark('resolved'), undefined, 'resolved'],
  ['resolved by a person, and back', 150, mark('resolved'), undefined, 'new'],
])('%s', (_, lastSeenAt, mark, resolution, expected) => {
  expect(stateOf(lastSeenAt, mark, resolution, 1000)).toBe(expected)
})
