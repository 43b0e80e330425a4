import { randomInt } from 'node:crypto'
import { defineService, on } from '@mirage/kit/service.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { openModules } from '@mirage/module-sdk/outside/folder.ts'
import { jail } from '@mirage/module-sdk/outside/jail.ts'
import { openDnsEngine } from '@mirage/network/dns/engine.ts'
import { openNetwork } from '@mirage/network/session.ts'
import { blobs, cache, documents, installation } from '@mirage/ports/needs.ts'
import { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { runsChanged, scans } from '@mirage/services/scan-orchestration/contract.ts'
import { collection } from './contract.ts'
import { gather } from './gather.ts'
import { openLimits } from './limits.ts'
import { deleteExchanges, getBody, getExchange, listExchanges } from './recording/exchanges.ts'
import { openRecorder } from './recording/recorder.ts'
import { startSweeper } from './recording/sweep.ts'
import { Sessions, type SessionsOptions } from './sessions.ts'
import { settings } from './settings.ts'
import { openStore } from './store.ts'
import { tryModule } from './tasks/trial.ts'
import { work } from './tasks/worker.ts'

const weakJail = {
  network:
    'Modules from a folder run in a network namespace alone: this machine allows none that hides files, sockets and processes from them',
  nothing: 'Modules from a folder run without any namespace: only what they import is checked',
}

export const dataCollection = defineService({
  contract: collection,
  settings,
  needs: { documents, blobs, cache, installation, scans, registry: moduleRegistry },
  async start({ documents, blobs, cache, installation, scans, registry, settings, clock, log, signal, announce }) {
    const store = await openStore(documents)
    const engine = openDnsEngine()
    const now = (): number => clock.now()
    const { dataDirectory } = installation
    const network = openNetwork({
      recorder: openRecorder(store, blobs),
      limiter: await openLimits({ store, cache, now, log }),
      engine,
      now,
      log,
      random: () => randomInt(1 << 30) / (1 << 30),
      allowPrivate: settings.allowPrivateTargets,
    })
    const outside = await openModules(manifest, installation.modulesDirectory)
    const { hides } = jail()
    if (outside.entries.length > manifest.length && hides !== 'files') log.warn(weakJail[hides])
    const modules = new Map(outside.entries.map((entry) => [entry.id, entry]))
    const { userAgent, resolvers, allowPrivateTargets: allowPrivate } = settings
    const options: SessionsOptions = { network, scans, dataDirectory, userAgent, resolvers, allowPrivate }
    const sessions = new Sessions(options)
    const working = work({
      scans,
      modules,
      sessions,
      tasks: settings.tasks,
      tasksPerModule: settings.tasksPerModule,
      dataDirectory,
      // Every delivery is a transaction in each of its readers, and tasks that end at about the same time are one.
      attempt: { registry, announce: gather(announce, 64, 20), now, log },
      log,
      signal,
    })
    working.catch((error: unknown) => log.error('The collector stopped working', { error }))
    const sweeper = startSweeper({
      store,
      documents,
      blobs,
      now,
      log,
      signal,
      afterMs: settings.sweepAfterMs,
      async isIdle() {
        for (const workspace of await documents.workspaces()) {
          const { items } = await scans.listRuns({ limit: 100 }, { workspace })
          if (items.some(({ status }) => status === 'running')) return false
        }
        return true
      },
    })
    return {
      handlers: {
        listExchanges: (input, { workspace }) => listExchanges(store, workspace, input),
        getExchange: ({ id }, { workspace }) => getExchange(store, workspace, id),
        getExchangeBody: ({ id }, { workspace }) => getBody(store, blobs, workspace, id),
        tryModule: (input, { workspace, signal }) =>
          tryModule({ modules, sessions: options, registry, now }, workspace, input, signal),
      },
      consumes: [
        on(runsChanged, async (events) => {
          for (const { workspace, payload } of events) {
            const goesOn = payload.status === 'running' || payload.status === 'queued'
            await sessions.close(payload.run, goesOn ? payload.generation : undefined)
            if (payload.status !== 'deleted') continue
            await deleteExchanges(store, workspace, payload.run)
            sweeper.exchangesDeleted()
          }
        }),
      ],
      async [Symbol.asyncDispose]() {
        await working.catch(() => undefined)
        await sweeper.ended
        await sessions[Symbol.asyncDispose]()
        await outside[Symbol.asyncDispose]()
        await engine[Symbol.asyncDispose]()
      },
    }
  },
})
