import { MirageError } from '@mirage/kit/errors.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import { type Api, everyItem } from './api.ts'
import { UsageError } from './exit.ts'

/**
 * The run that a person means: `last`, an id, an unambiguous beginning of one, or the name of a run (the latest of
 * that name). Throws a `UsageError` when it is none, or several.
 */
export async function findRun(api: Api, text: string): Promise<Run> {
  if (/^run_[a-z2-7]{12}$/.test(text)) {
    const run = await runOfId(api, text)
    if (run) return run
  }
  if (text === 'last') {
    const { items } = await api.scans.listRuns({ limit: 1 })
    if (!items[0]) throw new UsageError('There is no run yet. Start one: mirage scan example.com')
    return api.scans.getRun({ run: items[0].run })
  }
  const begins: string[] = []
  const names: string[] = []
  let named: string | undefined
  for await (const { run, name } of everyItem((page) => api.scans.listRuns(page))) {
    if (run.startsWith(text) || run.startsWith(`run_${text}`)) begins.push(run)
    if (name === text) named ??= run
    names.push(name, run)
  }
  if (named !== undefined) return api.scans.getRun({ run: named })
  if (begins.length === 1) return api.scans.getRun({ run: begins[0]! })
  if (begins.length > 1)
    throw new UsageError(
      `“${text}” is the beginning of ${begins.length} runs: ${begins.slice(0, 5).join(', ')}. Write more of it.`,
    )
  throw new UsageError(`There is no run “${text}”${didYouMean(text, names) || '. “mirage runs” lists them.'}`)
}

async function runOfId(api: Api, run: string): Promise<Run | undefined> {
  try {
    return await api.scans.getRun({ run })
  } catch (error) {
    if (error instanceof MirageError && error.code === 'runs.not_found') return undefined
    throw error
  }
}
