/* oxlint-disable vitest/no-conditional-tests, vitest/no-conditional-expect, vitest/valid-title, vitest/valid-expect -- the harness registers what applies to a module, and says why a comparison fails */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { misfits } from '@mirage/kit/schema.ts'
import { type EntityRef, entityRef } from '@mirage/model/entity.ts'
import { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import { normalise } from '@mirage/model/registry.ts'
import { describe, expect, test } from 'vitest'
import type { Transport } from './context.ts'
import type { AnyModule } from './define.ts'
import { findingLineOf, lineOf } from './notation.ts'
import { type HttpMock, type Replay, type ReplayTransport, openReplay } from './replay.ts'
import { type Ended, type Task, runModule } from './run.ts'

/** One task and exactly what comes of it. */
export interface Case extends Replay {
  name: string
  /** The value of the entity, or of each in a batch; a prefix `type:` where the module consumes several types. */
  given: string | string[]
  settings?: Record<string, unknown>
  /** Whether it is run with a key. Default: where the module needs one. */
  keyed?: boolean
  /** Every observation in the notation of `notation.ts`, in any order. */
  expect: string[]
  /** Every finding as `severity rule: about`. */
  findings?: string[]
  /** Default: `found` when something is expected, else `empty`. */
  outcome?: Ended['outcome']
  /** Rows, fields and sightings left out. Default 0. */
  dropped?: number
}

export interface ModuleTests {
  /** At least one with results, and one in which nothing is known. */
  cases: Case[]
  /** The name of a case of at least two HTTP answers of which the last fails in the shared case; the first's results stay. */
  pages?: string
  /**
   * Which cases every source of data must pass: by default those of a module whose first case asks over HTTP and whose
   * contact is not `target` (a target may answer what it likes).
   */
  source?: boolean
  /** What 429 means with this source. Default `rate-limited`. */
  tooMany?: Ended['outcome']
}

const key = 'test-key-0123456789'
const now = Date.UTC(2026, 0, 1)

/**
 * Registers the tests of a module: its own cases against a strict replay, and what every module must do. Call it once
 * in `module.test.ts` with `import.meta.dirname`.
 */
export function testModule(
  module: AnyModule,
  folder: string,
  { cases, pages, source, tooMany = 'rate-limited' }: ModuleTests,
): void {
  const first = cases.find((one) => one.expect.length > 0)
  describe(module.id, () => {
    test('is named as its folder and tries itself with what it consumes', () => {
      expect(basename(folder)).toBe(module.id)
      expect(module.version).toBeGreaterThanOrEqual(1)
      expect(module.consumes.some(({ type }) => normalise(type, module.sample) !== undefined)).toBe(true)
      expect(first, 'one case must find something').toBeDefined()
      expect(
        cases.some((one) => one.expect.length === 0),
        'one case must find nothing',
      ).toBe(true)
    })

    test.for(cases)('$name', async (one) => {
      const transport = openReplay(one)
      const ran = await runCase(module, one, transport)
      const found = one.expect.length + (one.findings?.length ?? 0) > 0
      expect(ran.end.outcome, ran.end.reason).toBe(one.outcome ?? (found ? 'found' : 'empty'))
      expect(ran.lines.sort()).toEqual([...one.expect].sort())
      expect(ran.findings.sort()).toEqual([...(one.findings ?? [])].sort())
      expect(ran.end.counts.dropped, 'dropped').toBe(one.dropped ?? 0)
      expect(transport.unexpected, 'asked for and not declared').toEqual([])
      expect(transport.unused(), 'declared and not asked for').toEqual([])
    })

    if (first) {
      test('ends at once when it is stopped', async () => {
        const controller = new AbortController()
        const hanging = hangingTransport(() => controller.abort(), first)
        const { end } = await runCase(module, first, hanging, controller.signal)
        expect(['cancelled', 'found', 'empty']).toContain(end.outcome)
      })
    }

    const answers = first?.http ?? []
    if (first && (source ?? (answers.length > 0 && module.contact !== 'target'))) {
      const failing: [string, Partial<HttpMock>, Ended['outcome']][] = [
        ['a refused key', { status: 401, body: '' }, 'key-refused'],
        ['too many requests', { status: 429, body: '' }, tooMany],
        ['a source in trouble', { status: 503, body: '' }, 'unreachable'],
        ['a page that wants a browser', { status: 403, headers: { 'cf-mitigated': 'challenge' }, body: '' }, 'blocked'],
        ['a malformed answer', { body: '{"oops": [' }, 'changed-format'],
        ['a truncated answer', { ...cutInHalf(answers[0]?.body), truncated: true }, 'changed-format'],
      ]
      test.for(failing)('says so: %s', async ([, failure, outcome]) => {
        const transport = openReplay({ ...first, http: [{ ...answers[0]!, ...failure }] })
        const ran = await runCase(module, first, transport)
        expect(ran.end.outcome, ran.end.reason).toBe(outcome)
        expect(ran.lines).toEqual([])
      })
    }

    const paged = cases.find((one) => one.name === pages)
    if (pages !== undefined) {
      test('keeps the first page when a later one fails', async () => {
        const http = paged?.http ?? []
        expect(http.length, `“${pages}” must name a case of at least two answers`).toBeGreaterThan(1)
        const failed = { ...http.at(-1)!, status: 503, body: '' }
        const ran = await runCase(module, paged!, openReplay({ ...paged!, http: [...http.slice(0, -1), failed] }))
        expect(ran.end.outcome).toBe('unreachable')
        expect(ran.lines.length).toBeGreaterThan(0)
        expect(paged!.expect).toEqual(expect.arrayContaining(ran.lines))
      })
    }

    if (module.accepts) {
      test('shows how it sends the key it accepts', () => {
        const keyed = cases.filter((one) => one.keyed)
        expect(JSON.stringify(keyed), 'one case must be keyed and name what it sends').toContain(key)
        expect(module.needs).toBeUndefined()
      })
    }

    if (module.needs) {
      test('costs nothing without its key', async () => {
        const transport = openReplay({})
        const ran = await runCase(module, { ...first!, keyed: false }, transport)
        expect(ran.end.outcome).toBe('no-key')
        expect(transport.unexpected).toEqual([])
      })
    }
  })
}

/** Text of a file in the module's `fixtures` folder. */
export function fixture(folder: string, name: string): string {
  return readFileSync(join(folder, 'fixtures', name), 'utf8')
}

interface Ran {
  lines: string[]
  findings: string[]
  end: Ended
}

async function runCase(
  module: AnyModule,
  one: Case,
  transport: Transport,
  signal: AbortSignal = new AbortController().signal,
): Promise<Ran> {
  const entities = [one.given].flat().map((value) => entityOf(module, value))
  const task: Task = { run: 'run_test', entities, settings: one.settings ?? {} }
  if (one.keyed ?? module.needs !== undefined) task.key = key
  const known = new Set(entities.map(({ id }) => id))
  const ran: Omit<Ran, 'end'> = { lines: [], findings: [] }
  for await (const item of runModule(module, task, transport, { signal, now: () => now })) {
    if (item.kind === 'end') return { ...ran, end: item }
    if (item.kind === 'finding') {
      expect(misfits(ModuleFinding, item.finding)).toEqual([])
      ran.findings.push(findingLineOf(item.finding))
      continue
    }
    const { observation } = item
    expect(misfits(Observation, observation)).toEqual([])
    expect(known, `“${observation.source?.value}” must be yielded before it is a source`).toContain(
      observation.source?.id,
    )
    known.add(observation.entity.id)
    ran.lines.push(lineOf(observation, entities.length === 1 ? entities[0] : undefined, now))
  }
  throw new Error('The run ended without an end.')
}

function entityOf(module: AnyModule, text: string): EntityRef {
  const types = module.consumes.map(({ type }) => type)
  const named = types.find((type) => text.startsWith(`${type}:`))
  const value = named ? text.slice(named.length + 1) : text
  const type = named ?? types.find((type) => normalise(type, value) !== undefined)
  const canonical = type && normalise(type, value)
  if (!type || canonical === undefined) throw new Error(`“${text}” is none of ${types.join(', ')}.`)
  return entityRef(type, canonical)
}

function cutInHalf(body: unknown): Partial<HttpMock> {
  if (body instanceof Uint8Array) return { body: body.subarray(0, body.length >> 1) }
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? '')
  return { body: text.slice(0, text.length >> 1) }
}

/** Answers nothing, ever, and tells `asked` at the first question. */
function hangingTransport(asked: () => void, replay: Replay): ReplayTransport {
  const never = (): Promise<never> => {
    asked()
    return new Promise<never>(() => {})
  }
  // oxlint-disable-next-line require-yield -- it stands for an answer that never comes
  async function* nothing(): AsyncGenerator<never, void, void> {
    await never()
  }
  return {
    ...openReplay(replay),
    request: never,
    recorded: never,
    dns: { resolve: never, resolveMany: nothing, guess: nothing, isWildcard: never, transfer: never },
    tcp: { scan: nothing },
    tls: { peer: never },
    whois: { query: never },
  }
}
