import { onFolder } from '@mirage/ports/conformance.ts'
import { graphConformance } from '@mirage/ports/graph.conformance.ts'
import { openSqliteGraph } from './graph.ts'

graphConformance(
  'sqlite',
  onFolder((path) => openSqliteGraph({ path })),
)
