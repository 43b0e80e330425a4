import { pause } from '@mirage/kit/clock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Graph } from '@mirage/ports/graph.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchesOf, deliveredBatch, drainedOf, now } from './company.ts'
import { all, open, openStores, type Options, stateOf } from './correlation.ts'

describe('correlation-engine', () => {
  const run = 'run_a'
  const batches = batchesOf(run)

  async function undisturbed(): Promise<unknown> {
    await using stores = await openStores()
    await using service = await open(stores)
    for (const batch of batches) await service.deliver(deliveredBatch(batch))
    await service.deliver(drainedOf(run))
    return await stateOf(stores, run)
  }

  it('says what there is to say, with evidence, and announces it before it settles', async () => {
    await using stores = await openStores()
    await using service = await open(stores)
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    const findings = await all(service.handlers.exportFindings({ run }, service.call))
    expect(findings.map(({ title }) => title).sort()).toEqual([
      '12 names lead to 198.18.8.0',
      '12 names lead to 198.18.8.1',
      'Alias to nothing: h3.northwind.example → gone.azurewebsites.net',
      'Certificate of h1.northwind.example, h2.northwind.example and h5.northwind.example expired on 2020-02-01',
      'The zone can be transferred by anyone',
      '“Grafana” answers at h6.northwind.example',
    ])
    const alias = findings.find(({ rule }) => rule === 'dangling-alias')!
    expect(alias).toMatchObject({ severity: 'high', state: 'new', origins: 1, runs: [run] })
    expect(alias.evidence.map(({ entity, text, exchange }) => [entity.value, text, exchange])).toEqual([
      ['gone.azurewebsites.net', 'has no address, so the provider has nobody by this name', undefined],
      ['h3.northwind.example', 'is an alias of it', `x-dns-resolve-${now}`],
    ])
    expect(stores.announced.at(-1)).toMatchObject({ name: 'run.settled' })
    expect(JSON.parse(stores.announced.at(-1)!.body)).toEqual({
      run,
      round: 1,
      service: 'correlation-engine',
      losses: 0,
      counts: { nodes: 32, edges: 57, findings: 6 },
    })
  })

  it('ends in the same state whatever is repeated, reversed or split', async () => {
    const expected = await undisturbed()
    const order = fc.shuffledSubarray([...batches.keys()], { minLength: batches.length })
    await fc.assert(
      fc.asyncProperty(
        order,
        fc.array(fc.nat(batches.length - 1), { maxLength: 8 }),
        fc.nat(20),
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        async (order, repeats, drainAt, splits) => {
          await using stores = await openStores()
          await using service = await open(stores)
          for (const [at, which] of [...order, ...repeats].entries()) {
            if (at === drainAt) await service.deliver(drainedOf(run))
            if (splits[at]) await service.deliverSplit(batches[which]!)
            else await service.deliver(deliveredBatch(batches[which]!))
          }
          await service.deliver(drainedOf(run))
          const state = await stateOf(stores, run)
          // A late attempt may come after the end was announced; then the counts are those of the announcement.
          const lateLast = order.indexOf(batches.length - 1) === batches.length - 1
          const settled: unknown = expect.anything()
          expect(state).toEqual(lateLast ? { ...(expected as object), settled } : expected)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('ends in the same state when it dies at any announcement and everything comes again', async () => {
    const expected = await undisturbed()
    for (let deaths = 1; deaths <= 6; deaths++) {
      await using stores = await openStores()
      let left = deaths
      const dying = {
        onAnnounce: () => {
          if (--left === 0) throw new MirageError({ code: 'store.unavailable', status: 503, detail: 'killed' })
        },
      }
      const feed = async (options: Options) => {
        await using service = await open(stores, options)
        for (const batch of batches) await service.deliver(deliveredBatch(batch))
        await service.deliver(drainedOf(run))
      }
      await feed(dying).catch(() => undefined)
      await feed({})
      expect(await stateOf(stores, run)).toEqual(expected)
    }
  })

  it('sets a poison record aside, keeps the rest, and the end says how many were lost', async () => {
    await using stores = await openStores()
    const wrapGraph = (graph: Graph): Graph => ({
      ...graph,
      upsert: (workspace, run, batch) => {
        if (batch.nodes.some(({ value }) => value === 'h7.northwind.example')) throw new Error('cannot take h7')
        return graph.upsert(workspace, run, batch)
      },
    })
    await using service = await open(stores, { wrapGraph })
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    expect(stores.letters).toEqual(['observations.collected: cannot take h7', 'observations.collected: cannot take h7'])
    const end = JSON.parse(stores.announced.at(-1)!.body) as { losses: number; counts: { nodes: number } }
    expect(end).toMatchObject({ losses: 2, counts: { nodes: 31 } })
  })

  it('waits when the store is away, and loses nothing', async () => {
    await using stores = await openStores()
    let away = true
    const wrapGraph = (graph: Graph): Graph => ({
      ...graph,
      upsert: (workspace, run, batch) => {
        if (away) throw new MirageError({ code: 'store.full', status: 507, detail: 'the disk is full' })
        return graph.upsert(workspace, run, batch)
      },
    })
    await using service = await open(stores, { wrapGraph })
    await expect(service.deliver(...batches.map(deliveredBatch))).rejects.toThrow('the disk is full')
    away = false
    await service.deliver(...batches.map(deliveredBatch))
    expect(stores.letters).toEqual([])
  })

  it('announces while the run goes on what can only become truer, and the rest at its end', async () => {
    await using stores = await openStores()
    await using service = await open(stores, { evaluateEveryMs: 10 })
    const rulesTold = () =>
      stores.announced.flatMap(({ name, body }) =>
        name === 'findings.changed'
          ? (JSON.parse(body) as { findings: Finding[] }).findings.map(({ rule }) => rule)
          : [],
      )
    await service.deliver(...batches.filter(({ findings }) => findings.length === 0).map(deliveredBatch))
    while (!rulesTold().includes('certificate-expired')) await pause(5)
    expect(rulesTold()).not.toContain('dangling-alias')
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    expect(rulesTold()).toContain('dangling-alias')
  })

  it('forgets a deleted run and what still comes of it', async () => {
    await using stores = await openStores()
    await using service = await open(stores)
    const { handlers, call } = service
    await service.deliver(...batches.map(deliveredBatch))
    await handlers.deleteRun({ run }, call)
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    expect(await handlers.countGraph({ run }, call)).toEqual({ nodes: 0, edges: 0, byType: {} })
    expect(await all(handlers.exportFindings({ run }, call))).toEqual([])
    expect(stores.announced.some(({ name }) => name === 'run.settled')).toBe(false)
  })
})
