import { expect, it } from 'vitest'
import { Queue } from './pulse.ts'

it('runs one after the other, what cannot wait before what waits, and goes on after a failure', async () => {
  const queue = new Queue()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  const step = (name: string) => async () => void done.push(name)
  const first = queue.run(async () => {
    await gate.promise
    done.push('first')
    throw new Error('no')
  })
  await new Promise((resolve) => setImmediate(resolve))
  const others = [queue.run(step('second')), queue.run(step('third')), queue.runNext(step('at once'))]
  const late = queue.runNext(step('before all'))
  gate.resolve()
  await expect(first).rejects.toThrow('no')
  await Promise.all([...others, late])
  expect(done).toEqual(['first', 'before all', 'at once', 'second', 'third'])
})
