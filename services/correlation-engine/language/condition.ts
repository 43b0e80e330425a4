import { parseAddress } from '@mirage/model/address.ts'
import { contains, parseNetblock } from '@mirage/model/netblock.ts'
import { specialRange } from '@mirage/model/special-range.ts'
import { parseDuration } from '@mirage/kit/clock.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import { RE2JS } from 're2js'
import { type Static, Type as t } from 'typebox'

const closed = { additionalProperties: false }
const Scalar = t.Union([t.String(), t.Number(), t.Boolean()])

const methods = {
  equals: t.Optional(Scalar),
  oneOf: t.Optional(t.Array(Scalar, { minItems: 1 })),
  matches: t.Optional(t.String({ description: 'A regular expression of RE2: linear in time whatever the text.' })),
  hasWord: t.Optional(
    t.Array(t.String(), { minItems: 1, description: 'One of these words, in any case, between what is no letter.' }),
  ),
  repeats: t.Optional(
    t.Object({ matches: t.String(), least: t.Integer({ minimum: 1 }) }, { ...closed, description: 'So many matches.' }),
  ),
  least: t.Optional(t.Number()),
  most: t.Optional(t.Number()),
  before: t.Optional(t.String({ description: 'An instant, `seen` (when it was last seen), or `seen+30d`.' })),
  after: t.Optional(t.String()),
  olderThan: t.Optional(
    t.Union([t.String(), t.Record(t.String(), t.String())], {
      description:
        'A version: 1.9 is older than 1.10. Or one for each value of the group’s entity; others are never older.',
    }),
  ),
  within: t.Optional(t.Array(t.String(), { minItems: 1, description: 'CIDR blocks, or `internal`.' })),
  under: t.Optional(t.Array(t.String(), { minItems: 1, description: 'DNS names: equal to one or below it.' })),
  sameAs: t.Optional(t.String({ description: 'The name of another attribute.' })),
  exists: t.Optional(t.Boolean()),
}

/** What a value must be; all methods given must hold. A bare scalar is `equals`. Of a list, one value must fit. */
export const Condition = t.Union([Scalar, t.Object({ ...methods, not: t.Optional(t.Object(methods, closed)) }, closed)])
export type Condition = Static<typeof Condition>

export interface Surrounding {
  /** When the thing was last seen, milliseconds: rules know no other time, so that the same facts say the same always. */
  seenAt: number
  attribute(name: string): unknown
  /** The value of the group's entity, where the condition is on an edge of it. */
  group?: string
}

export type Check = (value: unknown, around: Surrounding) => boolean

/** The condition as a function. Throws a readable sentence for what cannot be: a bad expression, block or time. */
export function compileCondition(condition: Condition): Check {
  if (typeof condition !== 'object') return compileMethods({ equals: condition })
  const { not, ...positive } = condition
  const holds = compileMethods(positive)
  if (!not) return holds
  const refused = compileMethods(not)
  return (value, around) => holds(value, around) && !refused(value, around)
}

/** True when the condition may hold of something that is not there, so that a later sighting can make it false. */
export function allowsAbsence(condition: Condition): boolean {
  return (
    typeof condition === 'object' &&
    (condition.exists === false || (condition.not !== undefined && Object.keys(condition).length === 1))
  )
}

/**
 * True when the condition can be judged of one sighting: what is true of an entity in the end was then true of a
 * sighting that carried the value. Of `seen`, which grows, and of other attributes that is not so, nor of an absence.
 */
export function isJudgedAlone(condition: Condition): boolean {
  if (typeof condition !== 'object') return true
  if (allowsAbsence(condition) || condition.sameAs !== undefined || condition.not?.sameAs !== undefined) return false
  return ![condition.before, condition.after, condition.not?.before, condition.not?.after].some((time) =>
    time?.startsWith('seen'),
  )
}

type Methods = Omit<Exclude<Condition, string | number | boolean>, 'not'>

function compileMethods(methods: Methods): Check {
  const checks = Object.entries(methods).map(([name, argument]) => compileMethod(name as keyof Methods, argument))
  return (value, around) =>
    Array.isArray(value) && methods.exists === undefined
      ? value.some((one) => checks.every((check) => check(one, around)))
      : checks.every((check) => check(value, around))
}

function compileMethod(name: keyof Methods, given: unknown): Check {
  switch (name) {
    case 'equals':
      return (value) => value === given || scalarText(value) === scalarText(given)
    case 'oneOf': {
      const allowed = new Set((given as unknown[]).map(scalarText))
      return (value) => allowed.has(scalarText(value) ?? absent)
    }
    case 'matches': {
      const expression = compileExpression(given as string)
      return (value) => typeof value === 'string' && expression.test(value)
    }
    case 'hasWord': {
      const words = new Set((given as string[]).map((word) => word.toLowerCase()))
      return (value) => typeof value === 'string' && wordsOf(value).some((word) => words.has(word))
    }
    case 'repeats': {
      const { matches, least } = given as { matches: string; least: number }
      const expression = compileExpression(matches)
      return (value) => typeof value === 'string' && countMatches(expression, value, least) >= least
    }
    case 'least':
      return (value) => isNumber(value) && Number(value) >= (given as number)
    case 'most':
      return (value) => isNumber(value) && Number(value) <= (given as number)
    case 'before': {
      const limit = compileInstant(given as string)
      return (value, around) => instantOf(value) < limit(around)
    }
    case 'after': {
      const limit = compileInstant(given as string)
      return (value, around) => instantOf(value) > limit(around)
    }
    case 'olderThan': {
      const limits = typeof given === 'string' ? given : new Map(Object.entries(given as Record<string, string>))
      return (value, { group }) => {
        const limit = typeof limits === 'string' ? limits : limits.get(group ?? '')
        if (limit === undefined || typeof value !== 'string' || !/^\D{0,2}\d/.test(value)) return false
        return isOlder(versionOf(value), versionOf(limit))
      }
    }
    case 'within':
      return compileWithin(given as string[])
    case 'under': {
      const names = new Set(given as string[])
      return (value) => typeof value === 'string' && selfAndParents(value).some((name) => names.has(name))
    }
    case 'sameAs':
      return (value, around) => value !== undefined && value === around.attribute(given as string)
    case 'exists':
      return (value) => (value !== undefined && value !== null) === given
  }
}

/** Numbers and texts are compared as text: `443` and `"443"` are one port. */
function scalarText(value: unknown): string | undefined {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined
}

/** No text of a rule: it cannot be written in YAML. */
const absent = '\u0000'

function compileExpression(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    throw new Error(`“${source}” is not a regular expression of RE2: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function countMatches(expression: RE2JS, text: string, enough: number): number {
  const matcher = expression.matcher(text)
  let count = 0
  while (count < enough && matcher.find()) count++
  return count
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}]+/u)
}

function isNumber(value: unknown): boolean {
  return (
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
  )
}

/** Milliseconds; NaN, which no comparison holds of, for what is no instant. */
function instantOf(value: unknown): number {
  return typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
}

function compileInstant(text: string): (around: Surrounding) => number {
  const relative = /^seen(?:([+-])(\w+))?$/.exec(text)
  if (!relative) {
    const at = Date.parse(text)
    if (Number.isNaN(at)) throw new Error(`“${text}” is no time; write an ISO 8601 instant, \`seen\` or \`seen+30d\``)
    return () => at
  }
  const span = relative[2] === undefined ? 0 : parseDuration(relative[2])
  if (span === undefined) throw new Error(`“${text}”: “${relative[2]}” is no duration; write for instance 30d`)
  return ({ seenAt }) => seenAt + (relative[1] === '-' ? -span : span)
}

function versionOf(text: string): number[] {
  return text
    .replace(/^\D+/, '')
    .split(/[+ (]/, 1)[0]!
    .split(/[.\-_p]/)
    .map((part) => Number.parseInt(part, 10) || 0)
}

function isOlder(version: number[], limit: number[]): boolean {
  for (let at = 0; at < Math.max(version.length, limit.length); at++) {
    const difference = (version[at] ?? 0) - (limit[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

const internalRanges = new Set(['private', 'loopback', 'link-local', 'carrier-nat', 'metadata', 'unspecified'])

function compileWithin(names: string[]): Check {
  const blocks = names
    .filter((name) => name !== 'internal')
    .map((name) => {
      const block = parseNetblock(name)
      if (!block) throw new Error(`“${name}” is neither a CIDR block nor \`internal\``)
      return block
    })
  const internal = names.includes('internal')
  return (value) => {
    const bytes = typeof value === 'string' ? parseAddress(value) : undefined
    if (!bytes) return false
    return (internal && internalRanges.has(specialRange(bytes) ?? '')) || blocks.some((block) => contains(block, bytes))
  }
}

function selfAndParents(name: string): string[] {
  const names = [name]
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) names.push(name.slice(dot + 1))
  return names
}
