import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '@mirage/kit/errors.ts'
import { type Severity, severities } from '@mirage/model/finding.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import { UsageError } from './exit.ts'
import { assertWritable } from './output/output.ts'
import type { ResultFormat } from './output/results.ts'
import type { People } from './people.ts'
import { readTypes } from './scan/definition.ts'
import type { FollowOptions } from './scan/follow.ts'

/** Values with commas between them, the option any number of times. */
export function list(text: string, before: string[] | undefined): string[] {
  const values = text.split(',').map((value) => value.trim())
  return [...(before ?? []), ...values.filter((value) => value !== '')]
}

/** One value each time the option is given. */
export function each(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text]
}

/** A whole number from 1 on. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`“${text}” is not a whole number from 1 on.`)
}

/** A severity, in any case. */
export function severity(text: string): Severity {
  const name = text.trim().toLowerCase()
  const found = severities.find((severity) => severity === name)
  if (found) return found
  throw new InvalidArgumentError(
    `There is no severity “${text}”${didYouMean(name, [...severities]) || `; choose from ${severities.join(', ')}.`}`,
  )
}

export function severityList(text: string, before: Severity[] | undefined): Severity[] {
  return [...(before ?? []), ...list(text, undefined).map(severity)]
}

export interface OutputOptions {
  json?: boolean
  values?: string
  quiet?: boolean
  silent?: boolean
  output?: string
  outputDirectory?: string
  failOn?: Severity
}

/** `--values` without types, after `bareValues` has made a value of nothing. */
const allTypes = '*'

/** The options of every command that follows a run. */
export function addOutputOptions(command: Command): Command {
  return command
    .optionsGroup('Results:')
    .option('--json', 'one JSON object a line: run, entity, relationship, finding, task, and last the summary')
    .addOption(valuesOption())
    .option('--quiet', 'results and errors only')
    .option('--silent', 'the same as --quiet --values')
    .option('-o, --output <file>', 'write the results to this file')
    .option('-O, --output-directory <dir>', 'write every file of the run into this folder')
    .option(
      '--fail-on <severity>',
      'exit with 3 when there are findings this severe or more that nobody has dismissed or accepted',
      severity,
    )
}

export function valuesOption(): Option {
  return new Option('--values <types>', 'bare values, each once; of these types only: --values=domain,email')
}

/**
 * The format and the places that the options ask for. Throws a `UsageError` where they contradict each other, and where
 * one of the places cannot be written: that is found out before anything is sent.
 */
export async function readOutputOptions(options: OutputOptions, people: People): Promise<FollowOptions> {
  const values = options.values ?? (options.silent ? allTypes : undefined)
  if (options.json && values !== undefined)
    throw new UsageError('--json and --values are two ways to write the same results: choose one.')
  if (options.quiet || options.silent) people.hush()
  const format = formatOf(options.json ?? false, values)
  const { output, outputDirectory } = options
  const places = [output, outputDirectory === undefined ? undefined : join(outputDirectory, 'run.json')]
  for (const place of places) if (place !== undefined) await assertPlace(place)
  return {
    ...(format ? { format } : {}),
    ...(options.output === undefined ? {} : { file: options.output }),
    ...(options.outputDirectory === undefined ? {} : { folder: options.outputDirectory }),
    ...(options.failOn ? { failOn: options.failOn } : {}),
  }
}

async function assertPlace(path: string): Promise<void> {
  try {
    await assertWritable(path)
  } catch (error) {
    throw new UsageError(messageOf(error), 'Nothing was sent.')
  }
}

function formatOf(json: boolean, values: string | undefined): ResultFormat | undefined {
  if (json) return { as: 'json' }
  if (values === undefined) return undefined
  return values === allTypes
    ? { as: 'values' }
    : { as: 'values', types: readTypes('--values', list(values, undefined)) }
}

/**
 * The arguments with a value for each bare `--values`, so that the option never takes the word behind it: what follows
 * `--values` on a command line is a target.
 */
export function bareValues(argv: string[]): string[] {
  const end = argv.indexOf('--')
  return argv.map((word, index) => (word === '--values' && (end < 0 || index < end) ? `--values=${allTypes}` : word))
}
