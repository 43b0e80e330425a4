/* oxlint-disable vitest/valid-title, vitest/valid-describe-callback -- name and body are given to the function */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

/**
 * A suite that needs something of the machine. `missing` says in words what is not there; the suite is then skipped, and
 * named with the reason at the end of the run.
 */
export function describeWith(name: string, missing: string | undefined, body: () => void): void {
  describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (skipped: ${missing})`, body)
}

/** Which of these programs the machine has not, in words; undefined when it has them all. */
export function missingPrograms(...programs: string[]): string | undefined {
  const gone = programs.filter((program) => !hasProgram(program))
  return gone.length === 0 ? undefined : `needs ${gone.join(', ')}`
}

/** Servers stand in `/usr/sbin`, which is in the path of few users. */
function hasProgram(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}
