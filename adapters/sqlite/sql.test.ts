import { join } from 'node:path'
import { onFolder } from '@mirage/ports/conformance.ts'
import { sqlConformance } from '@mirage/ports/sql.conformance.ts'
import { openSqliteSql } from './sql.ts'

sqlConformance(
  'sqlite',
  onFolder((folder) => openSqliteSql({ path: join(folder, 'service.db') })),
)
