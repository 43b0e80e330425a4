import type { Generated } from 'kysely'

/** The rows of this service's database. Instants are milliseconds, `run` in other tables is `run.id`. */
export interface Tables {
  run: WithGeneratedId<RunRow>
  reached: WithGeneratedId<ReachedRow>
  /** Ways that matter once something changes. */
  reach: { run: number; source: string; target: string; step: number }
  /** How far a lane is in a queue: the `seq` of the last entity it has looked at. */
  cursor: { run: number; module: string; type: string; queue: number; seq: number }
  late: { run: number; module: string; entity: string; seq: number }
  task: TaskRow
  routed: { run: number; task: number; attempt: number; batch: number; losses: number }
  settled: { run: number; service: string; round: number; losses: number; counts: string }
}

type WithGeneratedId<Row> = Omit<Row, 'id'> & { id: Generated<number> }

export interface RunRow {
  id: number
  run: string
  scan: string
  workspace: string
  name: string
  /** RunDefinition as JSON. */
  definition: string
  /** PlannedRun as JSON: what `plan.ts` decided at the start. */
  plan: string
  status: 'queued' | 'running' | 'paused' | 'finished' | 'cancelled' | 'failed'
  /** Why no new work is given out; the run ends when its open tasks are closed. */
  stopping: string | null
  generation: number
  /** How often the run drained. */
  round: number
  /** The round that the readers are settling; 0 while there is work. */
  drained_round: number
  /** `status/generation/drained_round` as last announced. */
  announced: string
  created_at: number
  started_at: number | null
  ended_at: number | null
  /** Since when it has been running, null while it is not. */
  running_since: number | null
  /** Time it ran before `running_since`. */
  active_ms: number
  requests: number
  queries: number
  /** Counts at the end, as JSON. */
  summary: string | null
}

export interface ReachedRow {
  id: number
  run: number
  /** Where its id stands in the index (`reached.ts`). */
  shard: number
  /** Order of arrival in the run; 0 for an entity known only as a source whose own sighting has not arrived. */
  seq: number
  /** The queue in which it waits for its lanes (`queues.ts`). */
  queue: number
  entity: string
  type: string
  value: string
  /** Index in the definition's seeds. */
  seed: number
  /** Its own sharing left out. */
  distance: number
  /** The distance it keeps whatever addresses on its way turn out to be shared. */
  firm: number
  depth: number
  /** How many of the contact classes, weakest first, may work on it. */
  allowed: number
  /** The same were it not shared: what counts for modules that list the names on an address. */
  hopeful: number
  /** What conditions of modules ask of its value (`traitOf` of model). */
  trait: number
  /** Of a URL: how many of its host's the run had met with it; 0 for anything else. */
  ordinal: number
  module: string
  tags: string | null
  /** Of an address: who is on it, as `tenants.ts` writes it. */
  tenants: string | null
  /** Of an address: which lanes list its names and have not answered, as bits. */
  unheard: number
  seen_at: number
}

export interface TaskRow {
  run: number
  number: number
  module: string
  /** Entity ids as JSON. */
  entities: string
  /** `ready`: to be given out again; `leased`; `routing`: finished, batches still on their way; `closed`. */
  status: 'ready' | 'leased' | 'routing' | 'closed'
  attempt: number
  worker: string | null
  /** Leases lost in a row without progress. */
  lost: number
  progress: number
  /** What the budget has reserved for the present attempt. */
  requests: number
  queries: number
  /** CollectionFinished as JSON. */
  finished: string | null
  finished_attempt: number | null
  batches: number | null
  observations: number
  /** Order of closing within the run. */
  closed: number | null
  outcome: string | null
}
