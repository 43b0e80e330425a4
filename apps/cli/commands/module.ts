import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { stringify as toYaml } from 'yaml'
import type { ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import type { Cli } from '../cli.ts'
import { exitCodes, Failure, UsageError } from '../exit.ts'
import { ensureAnyWorld } from '../host/lab.ts'
import { jsonLine, printable } from '../output/printable.ts'
import { counted } from '../output/text.ts'
import { readTarget } from '../scan/targets.ts'
import { addModuleSettings } from './module-settings.ts'

/** The folder of the repository: modules are written and tested in a checkout. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

const help = `
Examples:
  $ mirage module show crtsh
  $ mirage module try crtsh northwind.example --lab
  $ mirage module settings port-scan ports=22,80,443
  $ mirage module new my-source && mirage module test my-source`

export function addModule(program: Command, cli: Cli): void {
  const command = program
    .command('module')
    .summary('show, set, try, write and test a module')
    .description(
      'Shows a module, changes its settings, tries it on one entity, writes a new one, or runs the tests of one.',
    )
    .addHelpText('after', help)

  command
    .command('show')
    .summary('what a module declares')
    .description('Shows what a module declares.')
    .argument('<id>', 'of a module (mirage modules)')
    .option('--json', 'as one JSON object')
    .action(async (module: string, { json }: { json?: boolean }) => {
      const { api } = await cli.connect()
      const info = await api.modules.getModule({ module })
      await cli.results.write(json ? jsonLine(info) : toYaml(info))
    })

  command
    .command('try')
    .summary('run a module on one entity, outside any run')
    .description(
      'Runs a module on one entity, outside any run, and shows what it saw. Stores nothing; contacts its source.',
    )
    .argument('<id>', 'of a module (mirage modules)')
    .argument('[entity]', 'a value or type:value; without it the module’s own sample')
    .option('--lab', 'meet the lab instead of the internet')
    .option('--json', 'the answer as one JSON object')
    .addHelpText('after', '\nExample:\n  $ mirage module try crtsh northwind.example --lab')
    .action(async (module: string, entity: string | undefined, { lab, json }: { lab?: boolean; json?: boolean }) => {
      const { api } = await cli.connect()
      const info = await api.modules.getModule({ module })
      const { type, value } = subjectOf(info, entity)
      if (lab) await ensureAnyWorld(cli)
      const trial = await api.collection.tryModule({ module, type, value, ...(lab ? { lab } : {}) })
      if (trial.outcome === 'failed') cli.exitWith(exitCodes.failed)
      if (json) return cli.results.write(jsonLine({ module, type, value, ...trial }))
      for (const { entity, edge, source } of trial.observations) {
        const from = source && source.value !== value ? ` (from ${source.value})` : ''
        await cli.results.write(`[${entity.type}]\t${printable(entity.value)}\t${edge?.kind ?? ''}${printable(from)}\n`)
      }
      for (const { severity, title } of trial.findings)
        await cli.results.write(`[finding]\t${severity}\t${printable(title)}\n`)
      const why = trial.reason ? ` (${printable(trial.reason)})` : ''
      cli.people.say(
        `${module} on ${value}: ${trial.outcome}${why}; ${counted(trial.observations.length, 'observation')}, ${counted(trial.requests, 'request')}. Nothing was stored.`,
      )
    })

  addModuleSettings(command, cli)

  command
    .command('new')
    .summary('write the folder of a new module')
    .description('Writes the folder of a new module, with a test and a fixture, which passes the harness as it is.')
    .argument('<id>', 'in lower case with dashes, as its folder will be called')
    .addHelpText('after', '\nExample:\n  $ mirage module new my-source && mirage module test my-source')
    .action(async (id: string) => {
      if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id))
        throw new UsageError(`“${id}” is not the id of a module; write lower case, digits and dashes: my-source.`)
      const folder = join(root, 'modules', id)
      if (existsSync(folder))
        throw new Failure(`${relative(process.cwd(), folder)} is there already; choose another id.`)
      const { writeScaffold } = await import('@mirage/module-sdk/scaffold.ts')
      const files = await writeScaffold(folder, id)
      cli.people.say(
        `Written into modules/${id}: ${files.join(', ')}`,
        'Next:',
        `  ${cli.environment.program} module test ${id}`,
        '  npm run generate      # puts it into the list of modules',
        `  ${cli.environment.program} module try ${id}`,
      )
    })

  command
    .command('test')
    .summary('run the tests of a module')
    .description('Runs the tests of a module.')
    .argument('<id>', 'of a module (mirage modules)')
    .action(async (id: string) => {
      const folder = join('modules', id)
      if (!existsSync(join(root, folder, 'module.ts')))
        throw new UsageError(`There is no ${folder}/module.ts in ${root}. “mirage module new ${id}” writes one.`)
      cli.exitWith(await runTests(folder, cli))
    })
}

/** The entity a module is tried with, of a type that it consumes. */
export function subjectOf(info: ModuleInfo, text: string | undefined): { type: string; value: string } {
  const [first] = info.consumes
  if (text === undefined) return { type: first?.type ?? 'domain', value: info.sample }
  const { seeds, problem } = readTarget(text)
  if (problem !== undefined) {
    // A bare word is what the module takes, where it takes one type.
    if (first && info.consumes.length === 1) return { type: first.type, value: text }
    throw new UsageError(problem)
  }
  const seed = seeds.find(({ type }) => info.consumes.some((consumed) => consumed.type === type))
  if (seed) return seed
  const types = info.consumes.map(({ type }) => type).join(', ')
  throw new UsageError(
    `“${text}” is of type ${seeds[0]?.type}, and ${info.id} takes ${types}; write type:value to read it otherwise.`,
  )
}

/** Vitest on one folder, in a process of its own; its exit code. */
function runTests(folder: string, cli: Cli): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', folder], { cwd: root, stdio: 'inherit', signal: cli.signal })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code === 0 ? exitCodes.done : exitCodes.failed))
  })
}
