import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateModuleManifest } from './generate-module-manifest.ts'

/** A generated file: its path from the root, and what it must hold. */
export interface Generated {
  path: string
  text: string
}

const root = join(import.meta.dirname, '..')

/** Every generator. One that is added here is also checked by `npm run check`. */
const generators: ((root: string) => Promise<Generated[]>)[] = [generateModuleManifest]

const check = process.argv.includes('--check')
const stale: string[] = []
for (const generate of generators) {
  for (const { path, text } of await generate(root)) {
    const file = join(root, path)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    stale.push(path)
    if (!check) writeFileSync(file, text)
  }
}
for (const path of stale)
  console.error(check ? `${path} is stale; run “npm run generate” and commit it.` : `wrote ${path}`)
if (check && stale.length > 0) process.exitCode = 1
