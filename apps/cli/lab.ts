import { join } from 'node:path'
import type { LabDescription } from '@mirage/lab/lab.ts'

/** The only place of the command that knows the lab; the rest of it is loaded when the lab is asked for. */
export async function loadLab() {
  return import('@mirage/lab/lab.ts')
}

/** Where the lab keeps its description and its log. */
export function labDirectoryOf(dataDirectory: string): string {
  return join(dataDirectory, 'lab')
}

/** The world of the lab that runs beside this data directory, when one does. */
export async function runningWorld(dataDirectory: string): Promise<LabDescription | undefined> {
  const { runningLab } = await loadLab()
  return runningLab(labDirectoryOf(dataDirectory))
}
