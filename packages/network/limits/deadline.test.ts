import { expect, test } from 'vitest'
import { deadline } from './deadline.ts'

const never = new AbortController().signal
const late = (): Error => new Error('late')

test('a deadline aborts with its error once its time is over', async () => {
  using limit = deadline(20, never, late)
  await aborted(limit.signal)
  expect(limit.signal.reason).toEqual(late())
})

test('it follows the signal that it was given, at once when that is over already', () => {
  const outer = new AbortController()
  using limit = deadline(60_000, outer.signal, late)
  outer.abort('stopped')
  expect(limit.signal.reason).toBe('stopped')
  using second = deadline(60_000, outer.signal, late)
  expect(second.signal.reason).toBe('stopped')
})

test('an answer that came while the process was kept from its work is no silence', async () => {
  const answer = new Promise((resolve) => setTimeout(() => setImmediate(resolve), 60))
  using limit = deadline(50, never, late)
  await new Promise((resolve) => setTimeout(resolve, 30))
  const until = performance.now() + 300
  while (performance.now() < until);
  await answer
  expect(limit.signal.aborted).toBe(false)
  await aborted(limit.signal)
})

test('after it is disposed nothing aborts', async () => {
  const limit = deadline(10, never, late)
  limit[Symbol.dispose]()
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(limit.signal.aborted).toBe(false)
})

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
