import { entityRef } from '@mirage/model/entity.ts'
import type { Transport } from '../context.ts'
import { type AnyModule, defineModule } from '../define.ts'
import { lineOf } from '../notation.ts'
import type { observe } from '../observe.ts'
import { openReplay } from '../replay.ts'
import { type Ended, type RunOptions, type Task, runModule } from '../run.ts'

export const apex = entityRef('domain', 'northwind.example')
export const now = Date.UTC(2026, 0, 1)
/** What a module must declare, for modules of tests. */
export const about = {
  id: 'sample',
  version: 1,
  title: 'Sample',
  summary: 'A module of the tests',
  homepage: 'https://source.example',
  consumes: [{ type: 'domain' as const }],
  produces: ['domain' as const, 'ip-address' as const, 'dns-record' as const],
  contact: 'stored' as const,
  useCases: ['footprint' as const],
  sample: 'northwind.example',
}

export interface Ran {
  lines: string[]
  findings: unknown[]
  end: Ended
}

/** One task of a module, against no source unless a transport is given. */
export async function run(
  module: AnyModule,
  task: Partial<Task> = {},
  options: Partial<RunOptions> & { transport?: Transport } = {},
): Promise<Ran> {
  const { transport = openReplay({}), ...rest } = options
  const lines: string[] = []
  const findings: unknown[] = []
  const given = { signal: new AbortController().signal, now: () => now, ...rest }
  for await (const item of runModule(module, { run: 'run_1', entities: [apex], ...task }, transport, given)) {
    if (item.kind === 'end') return { lines, findings, end: item }
    if (item.kind === 'finding') findings.push(item.finding)
    else lines.push(lineOf(item.observation, apex, now))
  }
  throw new Error('no end')
}

/** A module that yields these, whatever it is asked. */
export function yielding(...items: ReturnType<typeof observe<'domain' | 'ip-address' | 'dns-record'>>[]): AnyModule {
  return defineModule({
    ...about,
    async *run() {
      yield* items
    },
  })
}
