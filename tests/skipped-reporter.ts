import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends a run with one line that names every suite that did not run and why, so that what was not tested is never read
 * as passed. A suite says why in its name, as `describeWith` writes it.
 */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped: string[] = []
    for (const { children } of modules)
      for (const { name, options } of children.allSuites()) {
        const [, suite, reason] = /^(.*) \(skipped: (.*)\)$/.exec(name) ?? []
        if (options.mode === 'skip' && suite !== undefined) skipped.push(`${suite} (${reason})`)
      }
    const count = `${skipped.length} ${skipped.length === 1 ? 'suite' : 'suites'}`
    console.log(skipped.length === 0 ? 'No suite was skipped.' : `Skipped ${count}: ${skipped.join(' · ')}.`)
  }
}
