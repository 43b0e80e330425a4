import { afterEach, expect, it } from 'vitest'
import { Orchestration } from '../testing/orchestration.ts'

let open: Orchestration | undefined
afterEach(async () => {
  await open?.[Symbol.asyncDispose]()
  open = undefined
})

it('pauses every run under way for what is broken, and says so until somebody resumes it', async () => {
  open = await Orchestration.open()
  const runs = [await open.run(3), await open.run(3)]
  expect(await open.lease('a#1', 1)).toHaveLength(1)
  await open.pause(runs[1]!)
  await open.halt('“graph.db” is damaged.')
  expect(await open.show(runs[0]!)).toMatchObject({ status: 'paused', halted: '“graph.db” is damaged.' })
  expect(await open.show(runs[1]!), 'paused by a person before').not.toHaveProperty('halted')
  expect(await open.lease('a#1', 1)).toEqual([])

  await open.resume(runs[0]!)
  expect(await open.show(runs[0]!)).toMatchObject({ status: 'running' })
  expect(await open.show(runs[0]!)).not.toHaveProperty('halted')
  expect(await open.lease('a#2', 1)).toHaveLength(1)
})

it('one run that cannot be read keeps nobody from the others, at a start either', async () => {
  open = await Orchestration.open()
  const [damaged, whole] = [await open.run(3), await open.run(3)]
  open.damage(`update run set definition = substr(definition, 1, 20) where run = '${damaged}'`)
  await open.restart('after a death')
  expect(await open.list()).toMatchObject([
    { run: whole, status: 'running' },
    { run: damaged, status: 'failed', damaged: true },
  ])
  await expect(open.show(damaged)).rejects.toMatchObject({ code: 'record.damaged', status: 500 })
  expect(await open.lease('a#1', 1)).toMatchObject([{ run: whole }])
})
