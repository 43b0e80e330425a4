import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@mirage/kit/client.ts'
import type { Client } from '@mirage/kit/contract.ts'
import { openDispatch } from '@mirage/kit/dispatch.ts'
import { controlLab, ensureLab, stopLab } from '@mirage/lab/lab.ts'
import { type FoundLine, foundLines } from '@mirage/lab/truth/score.ts'
import { startMirage } from '@mirage/server/start.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { type Run, type RunDefinition, scans } from '@mirage/services/scan-orchestration/contract.ts'

const world = { size: 'demo', seed: 7 } as const

/**
 * The platform in this process on a data directory of its own, the demo lab in another, so that what answers is not kept
 * waiting by who asks; and the API as any client sees it.
 */
export interface LabInstallation extends AsyncDisposable {
  scans: Client<typeof scans>
  modules: Client<typeof moduleRegistry>
  /** Asks the lab's remote control. */
  control(method: string, path: string, body?: object): Promise<unknown>
  /** Runs a scan of the demo company, and of these blocks, to its end. */
  scan(definition: Omit<RunDefinition, 'seeds' | 'lab'>, blocks?: readonly string[]): Promise<Run>
  /** Everything a run found, by value instead of by id. */
  found(run: string): AsyncGenerator<FoundLine>
  /** The tags of what a run found, each with its entities as `type:value`. */
  tagged(run: string): Promise<Record<string, string[]>>
}

export async function openLabInstallation(): Promise<LabInstallation> {
  await using opening = new AsyncDisposableStack()
  const dataDirectory = await mkdtemp(join(tmpdir(), 'mirage-lab-scan-'))
  opening.defer(() => rm(dataDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))
  const directory = join(dataDirectory, 'lab')
  const lab = await ensureLab(directory, world)
  opening.defer(async () => void (await stopLab(directory)))
  const server = opening.use(await startMirage({ dataDirectory }))
  const { socket } = JSON.parse(await readFile(join(dataDirectory, 'connection.json'), 'utf8')) as { socket: string }
  const dispatch = opening.use(
    openDispatch({ addressOf: () => ({ socket }), authorization: () => `Bearer ${server.apiKey}` }),
  )
  const runs = createClient(scans, dispatch.wire)
  const store = createClient(storage, dispatch.wire)
  const opened = opening.move()
  return {
    scans: runs,
    modules: createClient(moduleRegistry, dispatch.wire),
    control: (method, path, body) => controlLab(lab, method, path, body),
    async scan(definition, blocks = []) {
      const company = { type: 'domain' as const, value: 'northwind.example' }
      const seeds = [company, ...blocks.map((value) => ({ type: 'netblock' as const, value }))]
      const { run } = await runs.createRun({ definition: { ...definition, seeds, lab: world } })
      // The stream ends with the run.
      for await (const _event of await runs.watchRun({ run, entities: false }));
      return runs.getRun({ run })
    },
    async *found(run) {
      yield* foundLines(
        () => store.exportEntities({ run }),
        () => store.exportRelationships({ run }),
      )
    },
    async tagged(run) {
      const tagged: Record<string, string[]> = {}
      for await (const { type, value, tags } of await store.exportEntities({ run }))
        for (const tag of tags) (tagged[tag] ??= []).push(`${type}:${value}`)
      return tagged
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
