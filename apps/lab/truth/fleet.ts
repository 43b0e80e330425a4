import type { World } from '../world/world.ts'
import type { Oracle } from './fact.ts'
import type { CoreTruth, TruthLine } from './truth.ts'

/** The truth about the names of the larger worlds, one name after the other. */
export function* fleetTruth(_world: World, _known: readonly Oracle[], _core: CoreTruth): Generator<TruthLine> {}
