#!/usr/bin/env -S node --max-semi-space-size=16 --max-old-space-size=1024
// Starts the command on a Node that runs TypeScript: this one when it is new enough, else the one that `npm ci` installed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const neededMajor = 24
// A young generation that grows to 128 MB a thread would be most of what a scan holds in memory.
const flags = ['--max-semi-space-size=16', '--max-old-space-size=1024']
const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'main.ts')

if (Number(process.versions.node.split('.')[0]) >= neededMajor) await import(program)
else {
  const node = bundledNode()
  if (node === undefined) {
    process.stderr.write(
      `Mirage runs on Node ${neededMajor} or later, and this is Node ${process.versions.node} (${process.execPath}).\n` +
        'The right one comes with the dependencies: run “npm ci” in the folder of Mirage, then try again.\n',
    )
    process.exitCode = 1
  } else forward(spawn(node, [...flags, program, ...process.argv.slice(2)], { stdio: 'inherit' }))
}

/** The Node of the npm package `node`, or undefined where its install script did not run. */
function bundledNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    return [join(folder, 'bin', 'node'), join(folder, 'bin', 'node.exe')].find((file) => existsSync(file))
  } catch {
    return undefined
  }
}

/** Ends as the child ends. A signal that a terminal sends to both of us reaches the child twice; it takes the two as one. */
function forward(child) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`Node ${neededMajor} could not be started (${error.message}). Run “npm ci” again.\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (code !== null) process.exit(code)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
    // A signal that is ignored, as under nohup, leaves us alive: the shell's number for it then.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100)
  })
}
