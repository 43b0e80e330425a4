import { announcement } from '@mirage/kit/event.ts'
import { entityRef } from '@mirage/model/entity.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { runsChanged } from '@mirage/services/scan-orchestration/contract.ts'
import { describe, expect, it } from 'vitest'
import { batchesOf, delivered, deliveredBatch, drainedOf, workspace } from './company.ts'
import { all, open, openStores } from './correlation.ts'

describe('what is said of findings', () => {
  it('keeps what people say over runs, resolves what is confirmed to be gone, and reopens what comes back', async () => {
    await using stores = await openStores()
    const runs = Object.fromEntries(
      ['run_a', 'run_b', 'run_c'].map((run) => [
        run,
        {
          run,
          status: 'finished' as const,
          losses: 0,
          seeds: [{ type: 'domain' as const, value: 'northwind.example' }],
        },
      ]),
    )
    await using service = await open(stores, { runs })
    const { handlers, call } = service
    const feed = async (run: string, batches: ObservationBatch[]) => {
      await service.deliver(...batches.map(deliveredBatch))
      await service.deliver(drainedOf(run))
      const changed = { run, status: 'finished' as const, generation: 1 }
      await service.deliver(delivered(announcement(runsChanged, workspace, `${run}/finished`, changed)))
    }
    const later = (batches: ObservationBatch[], by: number) =>
      batches.map((batch) => ({
        ...batch,
        observations: batch.observations.map((one) => ({ ...one, at: one.at + by })),
      }))

    await feed('run_a', batchesOf('run_a'))
    const page = await handlers.listFindings({ run: 'run_a' }, call)
    expect(page.items.map(({ severity }) => severity)).toEqual(['high', 'medium', 'medium', 'medium', 'info', 'info'])
    const [alias] = page.items
    const expired = page.items.find(({ rule }) => rule === 'certificate-expired')!
    const transfer = page.items.find(({ rule }) => rule === 'dns-transfer.open')!
    await handlers.changeFinding({ finding: alias!.id, state: 'confirmed', comment: 'ticket 7' }, call)
    await handlers.changeFinding({ finding: transfer.id, state: 'dismissed' }, call)

    // The second run sees neither the certificate nor the alias nor an open zone.
    const without = batchesOf('run_b').filter(({ task, index }) => task < 4 && !(task === 2 && index === 1))
    const gone = [
      ...without,
      ...batchesOf('run_b')
        .slice(4, 8)
        .map((batch) => ({ ...batch, observations: [], findings: [] })),
    ]
    await feed('run_b', later(gone, 1000))
    expect(await handlers.getFinding({ finding: expired.id }, call)).toMatchObject({
      state: 'resolved',
      runs: ['run_a'],
    })
    expect(await handlers.getFinding({ finding: alias!.id }, call)).toMatchObject({
      state: 'resolved',
      comment: 'ticket 7',
    })
    expect(await handlers.getFinding({ finding: transfer.id }, call)).toMatchObject({ state: 'dismissed' })

    await feed('run_c', later(batchesOf('run_c'), 2000))
    const again = await handlers.listFindings({ run: 'run_c' }, call)
    expect(again.items.map(({ id }) => id).sort()).toEqual(page.items.map(({ id }) => id).sort())
    expect(again.items.find(({ id }) => id === alias!.id)).toMatchObject({ state: 'confirmed', comment: 'ticket 7' })
    expect(again.items.find(({ id }) => id === expired.id)).toMatchObject({ state: 'new', runs: ['run_a', 'run_c'] })

    await handlers.deleteRun({ run: 'run_c' }, call)
    expect(await handlers.getFinding({ finding: expired.id }, call)).toMatchObject({
      state: 'resolved',
      runs: ['run_a'],
    })
    await handlers.deleteRun({ run: 'run_a' }, call)
    await expect(handlers.getFinding({ finding: expired.id }, call)).rejects.toMatchObject({
      code: 'findings.not_found',
    })
  })

  it('leaves open what a run could not look at again', async () => {
    await using stores = await openStores()
    const seeds = [{ type: 'domain' as const, value: 'northwind.example' }]
    const host = entityRef('domain', 'h1.northwind.example')
    const options = {
      runs: {
        run_a: { run: 'run_a', status: 'finished' as const, losses: 0, seeds },
        run_b: { run: 'run_b', status: 'finished' as const, losses: 0, seeds },
      },
      differences: [{ kind: 'unconfirmed' as const, ...host, reason: 'tls-certificate: unreachable' }],
    }
    await using service = await open(stores, options)
    await service.deliver(...batchesOf('run_a').map(deliveredBatch))
    const changed = { run: 'run_b', status: 'finished' as const, generation: 1 }
    await service.deliver(drainedOf('run_a'))
    await service.deliver(delivered(announcement(runsChanged, workspace, 'run_b/finished', changed)))
    const states = await all(service.handlers.exportFindings({ run: 'run_a' }, service.call))
    expect(
      states
        .filter(({ state }) => state === 'new')
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(['certificate-expired', 'names-on-one-address'])
  })
})
