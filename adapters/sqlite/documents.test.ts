import { join } from 'node:path'
import { onFolder } from '@mirage/ports/conformance.ts'
import { documentsConformance } from '@mirage/ports/documents.conformance.ts'
import { openSqliteDocuments } from './documents.ts'

documentsConformance(
  'sqlite, a file a workspace',
  onFolder((path) => openSqliteDocuments({ path, perWorkspace: true, use: 'data' })),
)

documentsConformance(
  'sqlite, one file',
  onFolder((folder) => openSqliteDocuments({ path: join(folder, 'service.db'), perWorkspace: false, use: 'control' })),
)
