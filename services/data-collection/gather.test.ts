import { expect, it, vi } from 'vitest'
import { gather } from './gather.ts'

it('writes together what comes together, each with its own fate', async () => {
  const groups: number[][] = []
  const write = gather<number>(
    async (items) => {
      groups.push(items)
      if (items.includes(4)) throw new Error('no room')
    },
    3,
    1,
  )
  const first = Promise.all([write([1, 2]), write([3])])
  const second = Promise.allSettled([write([4]), write([])])
  await first
  expect((await second).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await write([5])
  expect(groups).toEqual([[1, 2, 3], [4], [5]])
})

it('takes along what comes a moment later', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const groups: string[][] = []
    const write = gather<string>(async (items) => void groups.push(items), 10, 20)
    const first = write(['a'])
    await vi.advanceTimersByTimeAsync(19)
    const second = write(['b'])
    expect(groups).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    await Promise.all([first, second])
    expect(groups).toEqual([['a', 'b']])
  } finally {
    vi.useRealTimers()
  }
})
