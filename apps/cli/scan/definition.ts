import { parseDuration } from '@mirage/kit/clock.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import { fits, misfits } from '@mirage/kit/schema.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import { contacts } from '@mirage/model/contact.ts'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { compileRules, RuleError } from '@mirage/model/scope-rules.ts'
import {
  type Budget,
  headerName,
  headerValue,
  Profile,
  type RunDefinition,
} from '@mirage/services/scan-orchestration/contract.ts'
import { parse as parseYaml } from 'yaml'
import { UsageError } from '../exit.ts'
import { readText } from '../pipe.ts'
import { printable } from '../output/printable.ts'
import type { Seed } from './targets.ts'

/** The options that say what a run is, as the person wrote them. */
export interface DefinitionOptions {
  profile?: string
  modules?: string[]
  excludeModules?: string[]
  want?: string[]
  allow?: string[]
  passive?: boolean
  contact?: string
  include?: string[]
  exclude?: string[]
  excludeFile?: string[]
  distance?: string
  maxRequests?: string
  maxQueries?: string
  maxTime?: string
  maxEntities?: string
  depth?: string
  rate?: string
  moduleRate?: string[]
  resolvers?: string
  proxy?: string
  header?: string[]
  userAgent?: string
  name?: string
  note?: string
  lab?: boolean
  labSize?: string
  labSeed?: string
}

/** The world that `--lab` means where no lab runs yet: the demo company. */
export const demoLab = { size: 'demo', seed: 7 }

/** As `mirage lab --size` takes them. */
export const labSizes = ['demo', '10k', '100k', '1m'] as const

type World = NonNullable<RunDefinition['lab']>

const contactFlags = ['invasive', 'slow', 'unofficial'] as const

/** The definition that the options describe. Throws a `UsageError` that names every wrong one at once. */
export async function readDefinition(
  seeds: Seed[],
  options: DefinitionOptions,
  runningLab: () => Promise<World | undefined> = async () => undefined,
): Promise<RunDefinition> {
  const wrong: string[] = []

  /** Leaves out what was not given, so that the profile's value or the default holds. */
  function given<K extends string, T>(name: K, value: T | undefined): { [Name in K]?: T } {
    return value === undefined ? {} : ({ [name]: value } as { [Name in K]: T }) // a computed name loses its literal type
  }

  const definition: RunDefinition = {
    seeds,
    ...given('name', options.name),
    ...given('note', options.note),
    ...given('profile', options.profile === undefined ? undefined : await readProfile(options.profile, wrong)),
    ...given('modules', options.modules),
    ...given('excludeModules', options.excludeModules),
    ...given('want', oneOf('--want', options.want, entityTypes, wrong)),
    ...given('allow', oneOf('--allow', options.allow, contactFlags, wrong)),
    ...given('contact', readContact(options, wrong)),
    ...given('include', readRules('--include', options.include, wrong)),
    ...given('exclude', await readExcludes(options, wrong)),
    ...given('distance', readNumber('--distance', options.distance, wrong, { most: 10 })),
    ...given('budget', readBudget(options, wrong)),
    ...given('rate', readNumber('--rate', options.rate, wrong, { fraction: true })),
    ...given('moduleRates', readModuleRates(options.moduleRate, wrong)),
    ...given('resolvers', options.resolvers === undefined ? undefined : await readResolvers(options.resolvers, wrong)),
    ...given('proxy', options.proxy),
    ...given('headers', readHeaders(options.header, wrong)),
    ...given('userAgent', readHeaderValue('--user-agent', options.userAgent, wrong)),
    ...given('lab', await readLab(options, runningLab, wrong)),
  }
  if (wrong.length > 0) throw new UsageError(...wrong, 'Nothing was sent.')
  return definition
}

/** The values that are among `choices`; a complaint for each other one. */
export function oneOf<T extends string>(
  option: string,
  values: string[] | undefined,
  choices: readonly T[],
  wrong: string[],
): T[] | undefined {
  return values?.flatMap((value) => {
    const choice = choices.find((choice) => choice === value)
    if (choice === undefined) wrong.push(`${option}: there is no “${value}”${hint(value, choices)}`)
    return choice ?? []
  })
}

function hint(value: string, choices: readonly string[]): string {
  return didYouMean(value, [...choices]) || `; choose from ${choices.join(', ')}.`
}

/** Entity types as `--want` and `--values` take them. */
export function readTypes(option: string, values: string[]): EntityType[] {
  const wrong: string[] = []
  const types = oneOf(option, values, entityTypes, wrong)
  if (wrong.length > 0) throw new UsageError(...wrong)
  return types ?? []
}

function readContact({ contact, passive }: DefinitionOptions, wrong: string[]): RunDefinition['contact'] {
  const [chosen] = oneOf('--contact', contact === undefined ? undefined : [contact], contacts, wrong) ?? []
  if (!passive) return chosen
  if (chosen !== undefined && contacts.indexOf(chosen) > contacts.indexOf('stored'))
    wrong.push(`--passive allows no contact beyond “stored”, and --contact says “${chosen}”: leave one of them out.`)
  return chosen ?? 'stored'
}

function readNumber(
  option: string,
  text: string | undefined,
  wrong: string[],
  { fraction = false, least = 0, most = Infinity } = {},
): number | undefined {
  if (text === undefined) return undefined
  const isNumber = (fraction ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text)
  const isWithin = Number(text) >= least && Number(text) <= most
  if (isNumber && isWithin && !(fraction && Number(text) === 0)) return Number(text)
  if (isNumber && !isWithin)
    wrong.push(`${option}: ${text} is ${Number(text) > most ? `more than ${most}` : `less than ${least}`}.`)
  else wrong.push(`${option}: “${text}” is not a ${fraction ? 'number above 0' : 'whole number'}.`)
  return undefined
}

function readBudget(options: DefinitionOptions, wrong: string[]): Budget | undefined {
  const maxTimeMs = options.maxTime === undefined ? undefined : parseDuration(options.maxTime)
  if (options.maxTime !== undefined && !maxTimeMs)
    wrong.push(`--max-time: “${options.maxTime}” is not a time; write 90s, 10m, 2h or 1h30m.`)
  const limits = Object.entries({
    maxRequests: readNumber('--max-requests', options.maxRequests, wrong),
    maxQueries: readNumber('--max-queries', options.maxQueries, wrong),
    maxTimeMs,
    maxEntities: readNumber('--max-entities', options.maxEntities, wrong, { least: 1 }),
    depth: readNumber('--depth', options.depth, wrong, { most: 100 }),
  }).filter(([, limit]) => limit !== undefined)
  return limits.length === 0 ? undefined : Object.fromEntries(limits)
}

function readPairs(
  option: string,
  texts: string[] | undefined,
  separator: string,
  example: string,
  wrong: string[],
): Record<string, string> | undefined {
  if (!texts) return undefined
  const pairs: Record<string, string> = {}
  for (const text of texts) {
    const at = text.indexOf(separator)
    const name = text.slice(0, Math.max(0, at)).trim()
    if (name === '') wrong.push(`${option}: “${text}” has no “${separator}”; write ${example}.`)
    else pairs[name] = text.slice(at + 1).trim()
  }
  return pairs
}

function readHeaders(texts: string[] | undefined, wrong: string[]): Record<string, string> | undefined {
  const headers = readPairs('--header', texts, ':', "'X-Bug-Bounty: me'", wrong)
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!headerName.test(name)) wrong.push(`--header: “${printable(name)}” is not the name of a header.`)
    readHeaderValue(`--header: ${printable(name)}`, value, wrong)
  }
  return headers
}

function readHeaderValue(option: string, value: string | undefined, wrong: string[]): string | undefined {
  if (value !== undefined && !headerValue.test(value))
    wrong.push(`${option}: “${printable(value)}” holds a line break or a character that no header may hold.`)
  return value
}

function readModuleRates(texts: string[] | undefined, wrong: string[]): Record<string, string> | undefined {
  const example = 'hackertarget=10/m'
  const rates = readPairs('--module-rate', texts, '=', example, wrong)
  for (const [module, rate] of Object.entries(rates ?? {}))
    if (!/^\d+(\.\d+)?\/[smhd]$/.test(rate))
      wrong.push(`--module-rate: “${module}=${rate}” says no rate; write ${example} (s, m, h or d).`)
  return rates
}

/** Rules as they are; a complaint for each wrong one. */
function readRules(option: string, rules: string[] | undefined, wrong: string[]): string[] | undefined {
  if (rules) complainOfRules(rules, () => option, wrong)
  return rules
}

function complainOfRules(lines: string[], placeOf: (line: number) => string, wrong: string[]): void {
  try {
    compileRules(lines)
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    wrong.push(...error.faults.slice(0, 10).map(({ line, reason }) => `${placeOf(line)}: ${reason}.`))
    if (error.faults.length > 10) wrong.push(`and ${error.faults.length - 10} more.`)
  }
}

async function readExcludes(
  { exclude, excludeFile }: DefinitionOptions,
  wrong: string[],
): Promise<string[] | undefined> {
  if (!exclude && !excludeFile) return undefined
  const rules = [...(readRules('--exclude', exclude, wrong) ?? [])]
  for (const file of excludeFile ?? []) {
    const lines = await readRawLines('--exclude-file', file, wrong)
    complainOfRules(lines, (line) => `${file}, line ${line}`, wrong)
    rules.push(...withoutComments(lines))
  }
  return rules
}

/** A file of resolvers, one a line, or a list with commas. */
async function readResolvers(text: string, wrong: string[]): Promise<string[]> {
  const isList = text.includes(',') || /^[\d.]+(:\d+)?$/.test(text) || /^\[?[\da-f:]+\]?(:\d+)?$/i.test(text)
  return isList ? text.split(',').map((one) => one.trim()) : readLines('--resolvers', text, wrong)
}

async function readLines(option: string, file: string, wrong: string[]): Promise<string[]> {
  return withoutComments(await readRawLines(option, file, wrong))
}

async function readRawLines(option: string, file: string, wrong: string[]): Promise<string[]> {
  try {
    return (await readText(file)).split(/\r?\n/)
  } catch (error) {
    wrong.push(`${option}: ${file} cannot be read (${messageOf(error)}).`)
    return []
  }
}

function withoutComments(lines: string[]): string[] {
  return lines.map((line) => line.replace(/(^|\s)#[^]*$/, '').trim()).filter((line) => line !== '')
}

/** The name of a profile, or the profile that a YAML file holds. */
async function readProfile(text: string, wrong: string[]): Promise<string | Profile | undefined> {
  if (!/\.ya?ml$/i.test(text)) return text
  try {
    const profile: unknown = parseYaml(await readText(text))
    if (fits(Profile, profile)) return profile
    wrong.push(...misfits(Profile, profile).map((misfit) => `--profile: ${text}: ${misfit}.`))
  } catch (error) {
    wrong.push(`--profile: ${text} cannot be read (${messageOf(error)}).`)
  }
  return undefined
}

/** The world that was asked for; of the lab that runs here, where the options leave it open. */
async function readLab(
  { lab, labSize, labSeed }: DefinitionOptions,
  runningLab: () => Promise<World | undefined>,
  wrong: string[],
): Promise<World | undefined> {
  if (!lab && labSize === undefined && labSeed === undefined) return undefined
  const seed = readNumber('--lab-seed', labSeed, wrong)
  oneOf('--lab-size', labSize === undefined ? undefined : [labSize], labSizes, wrong)
  const other = labSize === undefined || seed === undefined ? ((await runningLab()) ?? demoLab) : demoLab
  return { size: labSize ?? other.size, seed: seed ?? other.seed }
}
