import type { Kysely } from 'kysely'
import type { Lane } from '../contract.ts'
import type { ActiveLane, ActiveRun } from '../runs/active-run.ts'
import type { Tables } from '../tables.ts'
import { waitsForNames } from './name-lists.ts'
import { setsOf } from './queues.ts'

/** Less than this is no wait worth a word. */
const leastSeconds = 30

/** The addresses that wait for a module whose rate is known, and how long; undefined where that is soon over. */
export async function heldBackBy(db: Kysely<Tables>, run: ActiveRun, lane: ActiveLane): Promise<Lane['heldBack']> {
  const { lists, planned, dirty, eligible, taken, running, traits } = lane
  if (lists === 0 || planned.perMinute === undefined || !run.lanes.some(({ planned }) => waitsForNames(planned)))
    return undefined
  const secondsFor = (addresses: number): number => Math.ceil((addresses * 60) / planned.perMinute!)
  if (secondsFor(eligible - taken + running) < leastSeconds) return undefined
  const queues = lane.queues.get('ip-address') ?? []
  let addresses = 0
  for (const at of dirty ? setsOf(queues, true)[0]! : []) {
    let behind = db
      .selectFrom('reached')
      .select((expression) => expression.fn.countAll<number | string>().as('count'))
      .where('run', '=', run.row.id)
      .where('type', '=', 'ip-address')
      .where('queue', '=', at)
      .where('seq', '>', queues[at]!.cursor)
    const its = traits.get('ip-address')
    if (its) behind = behind.where('trait', 'in', its)
    addresses += Number((await behind.executeTakeFirstOrThrow()).count)
  }
  const seconds = secondsFor(addresses)
  return seconds < leastSeconds ? undefined : { addresses, seconds }
}
