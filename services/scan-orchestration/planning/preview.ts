import { MirageError } from '@mirage/kit/errors.ts'
import { demand } from '@mirage/kit/schema.ts'
import type { EntityRef } from '@mirage/model/entity.ts'
import { compileScope } from '@mirage/model/scope.ts'
import { type Plan, Plan as PlanSchema, type RunDefinition } from '../contract.ts'
import { seedsOf } from '../frontier/seeds.ts'
import { waitInWords } from '../leases/name-lists.ts'
import type { Orchestrator } from '../orchestrator.ts'
import { contactedBy, idleLane, type PlannedRun, planRun } from './plan.ts'
import { profileOf } from './profiles.ts'
import { namesInWords, refusalInWords, refusedSeeds } from './refused.ts'
import { demandWayOut } from './way-out.ts'

/**
 * The plan of a run with this definition. Throws `runs.definition_invalid` and what else is wrong with it, before anything
 * starts.
 */
export async function prepareRun(
  orchestrator: Orchestrator,
  workspace: string,
  definition: RunDefinition,
): Promise<PlannedRun> {
  const { items } = await orchestrator.registry.listModules({}, { workspace })
  const profile = profileOf(orchestrator.profiles, definition.profile)
  const seeds = seedsOf(definition)
  demandScope(orchestrator, definition)
  demandWayOut(definition)
  const refused = refusedIn(orchestrator, definition, seeds)
  const open = seeds.filter((seed) => !refused.has(seed))
  return planRun(definition, profile, items, open)
}

/** The seeds that this installation asks nobody about. */
function refusedIn(
  { settings }: Orchestrator,
  { lab }: RunDefinition,
  seeds: EntityRef[],
): ReturnType<typeof refusedSeeds> {
  return settings.allowPrivateTargets || lab ? new Map() : refusedSeeds(seeds)
}

/** What this installation does not do about seeds whose names are not public; a lab's world has a DNS of its own. */
function namesIn({ settings }: Orchestrator, { lab }: RunDefinition, seeds: EntityRef[]): string[] {
  return lab ? [] : namesInWords(seeds, settings.allowPrivateTargets)
}

/** Wrong rules are refused before anything starts. */
function demandScope({ settings }: Orchestrator, definition: RunDefinition): void {
  const { include = [], exclude = [], distance, lab } = definition
  const seeds = seedsOf(definition).map(({ type, value }) => ({ type, value }))
  const allowPrivate = settings.allowPrivateTargets || lab !== undefined
  try {
    compileScope({ seeds, include, exclude, ...(distance === undefined ? {} : { distance }), allowPrivate })
  } catch (error) {
    throw new MirageError({
      code: 'runs.definition_invalid',
      status: 422,
      detail: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}

/** What a run with this definition would do. Sends nothing. */
export async function previewRun(
  orchestrator: Orchestrator,
  workspace: string,
  definition: RunDefinition,
): Promise<Plan> {
  const planned = await prepareRun(orchestrator, workspace, definition)
  const seeds = seedsOf(definition)
  const refused = refusedIn(orchestrator, definition, seeds)
  const open = seeds.filter((seed) => !refused.has(seed))
  const lanes = planned.lanes.map(idleLane)
  const running = planned.lanes.filter(({ state }) => state === 'planned')
  const expectedCalls = running.reduce(
    (total, { consumes }) => total + open.filter(({ type }) => consumes.some((wanted) => wanted.type === type)).length,
    0,
  )
  return demand(
    PlanSchema,
    {
      seeds: seeds.slice(0, 1000),
      profile: planned.profile,
      contact: planned.contact,
      lanes,
      contacted: contactedBy(planned),
      missingKeys: lanes.flatMap(({ module, key }) => (key ? [{ module, ...key }] : [])),
      expectedCalls,
      refused: [...new Set([...refusalInWords(refused), ...namesIn(orchestrator, definition, seeds)])],
      scope: scopeInWords(definition, planned),
    },
    'The plan',
  )
}

function scopeInWords(definition: RunDefinition, { distance, lanes }: PlannedRun): string[] {
  const { seeds, include = [], exclude = [] } = definition
  const shown = seeds
    .slice(0, 5)
    .map(({ type, value }) => (type === 'domain' ? `${value} and every name below it` : value))
  return [
    `In scope: ${shown.join('; ')}${seeds.length > 5 ? ` and ${seeds.length - 5} more seeds` : ''}.`,
    `Modules that do not touch the target go ${distance} step${distance === 1 ? '' : 's'} further; those that do stay with the seeds.`,
    ...waitInWords(lanes),
    ...(include.length > 0
      ? [`Included as well: ${include.slice(0, 5).join(', ')}${include.length > 5 ? ' …' : ''}.`]
      : []),
    ...(exclude.length > 0
      ? [`Never touched: ${exclude.slice(0, 5).join(', ')}${exclude.length > 5 ? ' …' : ''}.`]
      : []),
  ]
}
