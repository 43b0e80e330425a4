import { checkFile } from '@mirage/adapters/sqlite/files/check.ts'
import type { FileToCheck } from './check.ts'

/** The process that looks at files: tells what is wrong with each, in order, and ends with whoever asked. */
process.once('disconnect', () => process.exit())
process.once('message', (files: FileToCheck[]) => void lookAt(files))

async function lookAt(files: FileToCheck[]): Promise<void> {
  for (const { path, thorough } of files) {
    const faults = checkFile(path, thorough)
    await new Promise<void>((resolve) => process.send!(faults, () => resolve()))
  }
}
