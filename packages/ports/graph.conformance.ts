import { type OpenPort, suite } from './conformance.ts'
import type { Graph } from './graph.ts'
import { graphContents } from './graph/contents.conformance.ts'
import { graphNeighbours } from './graph/neighbours.conformance.ts'
import { graphPaths } from './graph/paths.conformance.ts'
import { graphRuns } from './graph/runs.conformance.ts'

/** What every graph store must do. */
export function graphConformance(name: string, open: OpenPort<Graph>, unreachable?: string): void {
  suite(`graph: ${name}`, unreachable, () => {
    graphContents(open)
    graphNeighbours(open)
    graphPaths(open)
    graphRuns(open)
  })
}
