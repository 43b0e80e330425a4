import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { readEnvironment } from './environment.ts'
import { Interrupted } from './exit.ts'

// Compiled code is kept inside the installation, where nobody else can put any: half the time until the first line.
enableCompileCache(join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'mirage'))
const { runCli } = await import('./command-line.ts')

/** A terminal, npm and the launcher may all pass on one Ctrl-C: what comes this soon after the first is the same one. */
const sameSignalMs = 700

const interrupt = new AbortController()
let interruptedAt = 0

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    const now = performance.now()
    const reason = new Interrupted(signal)
    if (!interrupt.signal.aborted) {
      interruptedAt = now
      interrupt.abort(reason)
    } else if (now - interruptedAt > sameSignalMs) process.exit(reason.exitCode)
  })

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string }

const code = await runCli(process.argv.slice(2), {
  environment: readEnvironment(),
  version,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
})
process.exit(code)
