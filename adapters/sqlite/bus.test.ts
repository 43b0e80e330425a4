import { join } from 'node:path'
import { busConformance } from '@mirage/ports/bus.conformance.ts'
import { onFolder } from '@mirage/ports/conformance.ts'
import { openSqliteBus } from './bus.ts'

busConformance(
  'sqlite',
  onFolder((folder, { now }) => openSqliteBus({ path: join(folder, 'bus.db'), now, retryMs: 1 })),
)

busConformance(
  'sqlite, offsets with the consumer',
  onFolder((folder, { now }) =>
    openSqliteBus({ path: join(folder, 'bus.db'), offsets: join(folder, 'consumer.db'), now, retryMs: 1 }),
  ),
)
