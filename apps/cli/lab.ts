import { join } from 'node:path'
import type { LabDescription } from '@mirage/lab/lab.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import type { RunDefinition } from '@mirage/services/scan-orchestration/contract.ts'
import type { Environment } from './environment.ts'
import { Failure } from './exit.ts'

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

/**
 * The lab that a run of this definition meets runs from now on, started where it did not. Does nothing for a run without
 * one, or on another machine, where it is the business of its host.
 */
export async function ensureWorld({ lab: wanted }: RunDefinition, { url, dataDirectory }: Environment): Promise<void> {
  if (!wanted || url !== undefined) return
  const { ensureLab, parseWorldSize } = await loadLab()
  try {
    await ensureLab(labDirectoryOf(dataDirectory), { size: parseWorldSize(wanted.size), seed: wanted.seed })
  } catch (error) {
    throw new Failure(messageOf(error), { cause: error })
  }
}
