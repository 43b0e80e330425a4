import { statfs } from 'node:fs/promises'
import { isPassing } from '@mirage/kit/errors.ts'
import { defineService, on } from '@mirage/kit/service.ts'
import { bus, installation, sql } from '@mirage/ports/needs.ts'
import { correlation } from '@mirage/services/correlation-engine/contract.ts'
import {
  BatchName,
  collectionFinished,
  observationsCollected,
  splitBatch,
} from '@mirage/services/data-collection/contract.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { modulesChanged, moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { routeBatches, routeLost } from './frontier/arrivals.ts'
import { finishTasks } from './leases/close.ts'
import { settleRuns } from './runs/settle.ts'
import { runSettled, scans } from './contract.ts'
import { handlersOf } from './handlers.ts'
import { takeAllBack, watchOver } from './leases/held.ts'
import { keepTime, type Orchestrator, runningMs, startQueued } from './orchestrator.ts'
import { readProfiles } from './planning/profiles.ts'
import { Pulse, Queue } from './runs/pulse.ts'
import { recover } from './runs/recover.ts'
import { redrain, repeatOpen } from './runs/repeat.ts'
import { settings } from './settings.ts'
import { openStore } from './store.ts'

const tickMs = 250
const lookAroundMs = 500

export const scanOrchestration = defineService({
  contract: scans,
  settings,
  needs: { sql, bus, installation, registry: moduleRegistry, storage, correlation },
  async start({
    sql,
    bus,
    installation,
    registry,
    storage,
    correlation,
    settings,
    clock,
    log,
    metrics,
    signal,
    announce,
  }) {
    const orchestrator: Orchestrator = {
      store: await openStore(sql),
      settings,
      clock,
      log,
      profiles: readProfiles(),
      registry,
      storage,
      correlation,
      announce,
      active: new Map(),
      queue: new Queue(),
      work: new Pulse(),
      workers: new Map(),
      leaving: new Set(),
      waitingFor: undefined,
    }
    await orchestrator.queue.run(() => recover(orchestrator))
    await orchestrator.queue.run(() => startQueued(orchestrator))
    metrics.gauge('active_runs', () => orchestrator.active.size)

    let tickedAt = clock.now()
    const ticks = setInterval(() => {
      const now = clock.now()
      const lateMs = Math.max(0, now - tickedAt - tickMs)
      tickedAt = now
      orchestrator.queue
        .run(() => watchOver(orchestrator, (run) => runningMs(orchestrator, run), lateMs))
        .catch((error: unknown) => log.error('Watching over the runs failed', { error }))
    }, tickMs)
    const looks = setInterval(() => {
      lookAround().catch((error: unknown) => log.error('Looking at the disk and the bus failed', { error }))
    }, lookAroundMs)

    /** No work is given out while the disk or the log is nearly full. */
    async function lookAround(): Promise<void> {
      const disk = await statfs(installation.dataDirectory)
      const free = disk.bavail * disk.bsize
      const floor = Math.min(settings.minFreeBytes, disk.blocks * disk.bsize * 0.05)
      const waitingFor =
        free < floor
          ? `space: ${Math.round(free / (1 << 20))} MB are free where the data lives`
          : (await bus.pressure()) > 0.5
            ? 'the services that read the log to catch up'
            : undefined
      const before = orchestrator.waitingFor
      orchestrator.waitingFor = waitingFor
      if ((waitingFor === undefined) !== (before === undefined)) {
        orchestrator.work.beat()
        if (waitingFor) log.warn('Runs wait', { for: waitingFor })
      }
      // It would take the space that is left to pause, export and stop in order. What it has recorded it does not ask again.
      if (free < floor / 2) await stopWork()
    }

    async function stopWork(): Promise<void> {
      try {
        await orchestrator.queue.run(() => takeAllBack(orchestrator))
      } catch (error) {
        // The disk has no space for even that: the next look tries again.
        if (!isPassing(error)) throw error
      }
    }

    signal.addEventListener('abort', () => {
      clearInterval(ticks)
      clearInterval(looks)
      orchestrator.work.beat()
    })
    return {
      handlers: handlersOf(orchestrator),
      consumes: [
        on(observationsCollected, (events) => routeBatches(orchestrator, events), {
          identity: BatchName,
          split: splitBatch,
          settle: (event, lost) => routeLost(orchestrator, event, lost),
          rebuild: () => repeatOpen(orchestrator),
          maxEvents: 16,
          // A transaction each, flushed to the disk.
          maxBytes: 1 << 20,
        }),
        on(collectionFinished, (events) => finishTasks(orchestrator, events), {
          rebuild: () => repeatOpen(orchestrator),
        }),
        on(runSettled, (events) => settleRuns(orchestrator, events), { rebuild: () => redrain(orchestrator) }),
        on(modulesChanged, async () => orchestrator.work.beat()),
      ],
      async [Symbol.asyncDispose]() {
        await orchestrator.queue
          .run(async () => {
            for (const run of orchestrator.active.values()) await keepTime(orchestrator, run)
          })
          .catch((error: unknown) => log.warn('The last seconds of the runs were not written down', { error }))
      },
    }
  },
})
