import { onFolder } from '@mirage/ports/conformance.ts'
import { searchConformance } from '@mirage/ports/search.conformance.ts'
import { openSqliteSearch } from './search.ts'

searchConformance(
  'sqlite',
  onFolder((path, { now }) => openSqliteSearch({ path, now, followMs: 1 })),
)
