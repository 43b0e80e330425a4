/** How batches of a run are named, and many names as ranges. */

export interface BatchName {
  run: string
  task: number
  attempt: number
  index: number
}

/** [first task, last task, attempt, batches each]. */
export type DrainedRange = [number, number, number, number]

/** `run/task/attempt/index`. */
export function batchName({ run, task, attempt, index }: BatchName): string {
  return `${run}/${task}/${attempt}/${index}`
}

/** The names that the ranges stand for, from the `skip`th on, at most `limit`. */
export function namesFrom(run: string, ranges: DrainedRange[], skip: number, limit: number): string[] {
  const names: string[] = []
  for (const [first, last, attempt, each] of ranges) {
    const size = (last - first + 1) * each
    for (; skip < size && names.length < limit; skip++)
      names.push(batchName({ run, task: first + Math.floor(skip / each), attempt, index: skip % each }))
    skip -= size
    if (names.length === limit) break
  }
  return names
}

/** The task that a name is of. */
export function taskOf(name: string): number {
  return Number(name.split('/').at(-3))
}
