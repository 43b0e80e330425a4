import type { Handlers } from '@mirage/kit/contract.ts'
import { pageOf, type PageOf } from '@mirage/kit/schema.ts'
import { compareRuns, runBefore } from './runs/compare.ts'
import { type Reached, type Run, type RunDefinition, type RunPolicy, type scans } from './contract.ts'
import { holdRun, leave, renewLeases, returnTasks } from './leases/held.ts'
import { previewRun } from './planning/preview.ts'
import { cancelRun, createRun, deleteRun, pauseRun, resumeRun } from './runs/lifecycle.ts'
import { type Orchestrator, rowOf } from './orchestrator.ts'
import type { PlannedRun } from './planning/plan.ts'
import { describeReached, pageOfReached } from './frontier/reached.ts'
import { haltRuns } from './runs/halt.ts'
import { announceAllDrained, repeatTasks } from './runs/repeat.ts'
import { stored } from './rows.ts'
import type { RunRow } from './tables.ts'
import { viewLanes, viewListed, viewRun } from './runs/view.ts'
import { seedNames, viewReached, watchRun } from './runs/watch.ts'
import { leaseTasks } from './leases/work.ts'

export function handlersOf(orchestrator: Orchestrator): Handlers<typeof scans> {
  const view = (row: RunRow): Promise<Run> => viewRun(orchestrator, row)
  return {
    planRun: ({ definition }, { workspace }) => previewRun(orchestrator, workspace, definition),
    createRun: async ({ definition }, { workspace }) => view(await createRun(orchestrator, workspace, definition)),
    listRuns: ({ after, limit }, { workspace }) => listRuns(orchestrator, workspace, after, limit ?? 100),
    getRun: async ({ run }, { workspace }) => viewRun(orchestrator, await rowOf(orchestrator, workspace, run), true),
    deleteRun: async ({ run }, { workspace }) => {
      await deleteRun(orchestrator, workspace, run)
      return {}
    },
    pauseRun: async ({ run }, { workspace }) => view(await pauseRun(orchestrator, workspace, run)),
    resumeRun: async ({ run }, { workspace }) => view(await resumeRun(orchestrator, workspace, run)),
    cancelRun: async ({ run }, { workspace }) => view(await cancelRun(orchestrator, workspace, run)),
    rerunRun: async ({ run }, { workspace }) => {
      const row = await rowOf(orchestrator, workspace, run)
      const definition = stored(row.definition) as RunDefinition
      return view(await createRun(orchestrator, workspace, definition, row.scan))
    },
    watchRun: async ({ run, entities }, { workspace, signal, lastEventId }) =>
      watchRun(orchestrator, await rowOf(orchestrator, workspace, run), {
        entities: entities ?? true,
        after: lastEventId,
        signal,
      }),
    listLanes: async ({ run, ...page }, { workspace }) =>
      pageOf(await viewLanes(orchestrator, await rowOf(orchestrator, workspace, run)), page),
    listReached: async ({ run, after, limit }, { workspace }) =>
      listReached(orchestrator, await rowOf(orchestrator, workspace, run), after ?? '', limit ?? 1000),
    describeReached: async ({ run, ids }, { workspace }) => ({
      items: await viewReachedOf(orchestrator, await rowOf(orchestrator, workspace, run), ids),
    }),
    compareRuns: async ({ run, before }, { workspace }) => {
      const now = await rowOf(orchestrator, workspace, run)
      return compareRuns(orchestrator, await runBefore(orchestrator, now, before), now)
    },
    listProfiles: (page) => pageOf([...orchestrator.profiles.values()], page),
    leaseTasks: async (request, { signal }) => ({ tasks: await leaseTasks(orchestrator, request, signal) }),
    renewLeases: ({ worker, leases }) => renewLeases(orchestrator, worker, leases),
    holdRun: async ({ run, worker, waitingFor }) => {
      await holdRun(orchestrator, run, worker, waitingFor)
      return {}
    },
    haltRuns: async ({ reason }) => {
      await haltRuns(orchestrator, reason)
      return {}
    },
    returnTasks: async ({ worker, tasks, leaves }) => {
      if (leaves) leave(orchestrator, worker)
      await returnTasks(orchestrator, worker, tasks)
      return {}
    },
    announceDrained: async () => {
      await announceAllDrained(orchestrator)
      return {}
    },
    repeatTasks: async (lost, { workspace }) => ({ coming: await repeatTasks(orchestrator, workspace, lost) }),
    getPolicy: async ({ run }, { workspace }) => policyOf(await rowOf(orchestrator, workspace, run)),
  }
}

async function listRuns(
  orchestrator: Orchestrator,
  workspace: string,
  after: string | undefined,
  limit: number,
): Promise<PageOf<Run>> {
  const { db } = orchestrator.store
  let query = db
    .selectFrom('run')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (after !== undefined) query = query.where('id', '<', Number(after) || 0)
  const rows = await query.execute()
  const { count } = await db
    .selectFrom('run')
    .select((expression) => expression.fn.countAll<number | string>().as('count'))
    .where('workspace', '=', workspace)
    .executeTakeFirstOrThrow()
  const page = rows.slice(0, limit)
  const items: Run[] = []
  for (const row of page) items.push(await viewListed(orchestrator, row))
  return {
    items,
    ...(rows.length > limit ? { next: String(page.at(-1)!.id) } : {}),
    total: Number(count),
    totalIsLowerBound: false,
  }
}

async function listReached(
  { store }: Orchestrator,
  row: RunRow,
  after: string,
  limit: number,
): Promise<PageOf<Reached>> {
  const { rows, more } = await pageOfReached(store.db, row.id, after, limit)
  const { count } = await store.db
    .selectFrom('reached')
    .select((expression) => expression.fn.countAll<number | string>().as('count'))
    .where('run', '=', row.id)
    .where('seq', '>', 0)
    .executeTakeFirstOrThrow()
  const seeds = seedNames(row)
  return {
    items: rows.map((reached) => viewReached(reached, seeds)),
    ...(more ? { next: rows.at(-1)!.entity } : {}),
    total: Number(count),
    totalIsLowerBound: false,
  }
}

async function viewReachedOf({ store }: Orchestrator, row: RunRow, ids: string[]): Promise<Reached[]> {
  const seeds = seedNames(row)
  return (await describeReached(store.db, row.id, ids)).map((reached) => viewReached(reached, seeds))
}

function policyOf(row: RunRow): RunPolicy {
  const { contact, distance } = stored(row.plan) as PlannedRun
  return {
    workspace: row.workspace,
    run: row.run,
    generation: row.generation,
    definition: stored(row.definition) as RunDefinition,
    contact,
    distance,
  }
}
