import { join } from 'node:path'
import type { LabDescription } from '@mirage/lab/lab.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import { makeFolder } from '@mirage/kit/folder.ts'
import type { RunDefinition } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from '../cli.ts'
import { Failure } from '../exit.ts'
import { demoLab } from '../scan/definition.ts'
import { runsUnderWay } from './hosting.ts'

/** The only place of the command that knows the lab; the rest of it is loaded when the lab is asked for. */
export async function loadLab() {
  return import('@mirage/lab/lab.ts')
}

/** Where the lab keeps its description and its log. */
export function labDirectoryOf(dataDirectory: string): string {
  return join(dataDirectory, 'lab')
}

/** The same, made where it is missing. */
export function makeLabDirectory(dataDirectory: string): string {
  const directory = labDirectoryOf(dataDirectory)
  try {
    makeFolder(directory)
  } catch (error) {
    throw new Failure(`The lab cannot keep its log in ${directory}: ${messageOf(error)}. Set MIRAGE_DATA to another.`)
  }
  return directory
}

/** The world of the lab that runs beside this data directory, when one does. */
export async function runningWorld(dataDirectory: string): Promise<LabDescription | undefined> {
  const { runningLab } = await loadLab()
  return runningLab(labDirectoryOf(dataDirectory))
}

/** The lab runs from now on, for a command that asks a source outside a run: the one that runs here, else the demo's. */
export async function ensureAnyWorld(cli: Cli): Promise<void> {
  const { url, dataDirectory } = cli.environment
  const running = url === undefined ? await runningWorld(dataDirectory) : undefined
  await ensureWorld({ lab: running ?? demoLab }, cli)
}

/**
 * The lab that a run of this definition meets runs from now on. Where this command started it, it is stopped when the
 * command ends, unless runs are under way that may need it. Does nothing for a run without a lab, or on another machine,
 * where it is the business of the host.
 */
export async function ensureWorld({ lab: wanted }: Pick<RunDefinition, 'lab'>, cli: Cli): Promise<void> {
  const { url, dataDirectory } = cli.environment
  if (!wanted || url !== undefined) return
  const { ensureLab, parseWorldSize, runningLab, stopLab } = await loadLab()
  const directory = makeLabDirectory(dataDirectory)
  try {
    const isThere = (await runningLab(directory)) !== undefined
    await ensureLab(directory, { size: parseWorldSize(wanted.size), seed: wanted.seed })
    if (isThere) return
  } catch (error) {
    throw new Failure(messageOf(error), { cause: error })
  }
  cli.atEnd.defer(async () => {
    const { lastCalls } = await cli.connect()
    if ((await runsUnderWay(lastCalls)).length === 0) await stopLab(directory)
  })
}
