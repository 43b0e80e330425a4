import { expect, test } from 'vitest'
import { MirageError } from '@mirage/kit/errors.ts'
import { entityId } from '@mirage/model/entity.ts'
import { jsonLinesOf, linesOf, runCommand } from '../fake/cli.ts'
import { startFakeGateway } from '../fake/gateway.ts'
import { handlersWith, pageOf, rows, sampleHandlers, sampleRun } from '../fake/world.ts'

const run = 'run_aaaabbbbcccc'

test('runs --json: a line a run with run and status', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stdout } = await runCommand(['runs', '--json'], { gateway })
  expect({ code, lines: jsonLinesOf(stdout) }).toMatchObject({ code: 0, lines: [{ run, status: 'running' }] })
  for (const limit of ['0', 'x']) expect((await runCommand(['runs', '-n', limit], { gateway })).code).toBe(2)
})

test('a run is named by id, the beginning of one, its name, or “last”', async () => {
  const others = ['run_aaaaxxxxxxxx', 'run_bbbbbbbbbbbb'].map((run) => sampleRun({ run, name: `name of ${run}` }))
  const all = [sampleRun(), ...others]
  await using gateway = await startFakeGateway(
    handlersWith({
      scans: {
        listRuns: () => pageOf(all),
        getRun(input) {
          const found = all.find(({ run }) => run === input.run)
          if (found) return found
          throw new MirageError({ code: 'runs.not_found', status: 404, detail: 'no such run' })
        },
      },
    }),
  )
  const shown = async (text: string): Promise<unknown> => {
    const { code, stdout, stderr } = await runCommand(['show', text, '--json'], { gateway })
    return code === 0 ? jsonLinesOf(stdout)[0]!['run'] : `${code}: ${stderr.trim()}`
  }
  expect({
    last: await shown('last'),
    id: await shown('run_bbbbbbbbbbbb'),
    beginning: await shown('run_b'),
    bare: await shown('bbbb'),
    name: await shown('name of run_aaaaxxxxxxxx'),
    ambiguous: await shown('run_aaaa'),
    misspelt: await shown('run_bbbbbbbbbbbx'),
    unknown: await shown('zebra'),
  }).toEqual({
    last: run,
    id: 'run_bbbbbbbbbbbb',
    beginning: 'run_bbbbbbbbbbbb',
    bare: 'run_bbbbbbbbbbbb',
    name: 'run_aaaaxxxxxxxx',
    ambiguous: '2: “run_aaaa” is the beginning of 2 runs: run_aaaabbbbcccc, run_aaaaxxxxxxxx. Write more of it.',
    misspelt: '2: There is no run “run_bbbbbbbbbbbx”; did you mean “run_bbbbbbbbbbbb”?',
    unknown: '2: There is no run “zebra”. “mirage runs” lists them.',
  })
})

test('pause, cancel and delete say what is so now', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const said = []
  for (const verb of ['pause', 'cancel', 'delete']) said.push((await runCommand([verb, 'last'], { gateway })).stderr)
  expect(said).toEqual([
    `${run} is paused. Go on with: mirage resume ${run}\n`,
    `${run} is cancelled. What it found: mirage show ${run}\n`,
    `${run} is deleted.\n`,
  ])
})

test('resume and rerun follow the run as scan does', async () => {
  for (const verb of ['resume', 'rerun']) {
    await using gateway = await startFakeGateway(sampleHandlers())
    const { code, stdout } = await runCommand([verb, 'last', '--json', '--fail-on', 'high'], { gateway })
    expect({ code, first: jsonLinesOf(stdout)[0], last: jsonLinesOf(stdout).at(-1) }).toMatchObject({
      code: 3,
      first: { kind: 'run' },
      last: { kind: 'summary' },
    })
    expect(gateway.calls.map(({ name }) => name)).toContain(`${verb}Run`)
  }
})

test('plan says who would be contacted and creates nothing', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stdout } = await runCommand(['plan', 'example.com', '--passive'], { gateway })
  expect(code).toBe(0)
  expect(linesOf(stdout)).toEqual(
    expect.arrayContaining([
      'Who learns of the target',
      '  crt.sh',
      '  hunter  stored  no key: HUNTER_API_KEY, from https://hunter.io',
    ]),
  )
  expect(gateway.calls).toEqual([
    {
      name: 'planRun',
      input: { definition: { seeds: [{ type: 'domain', value: 'example.com' }], contact: 'stored' } },
    },
  ])
})

test('the first run of a scan is compared with none, and the one that is meant is named', async () => {
  const before = sampleRun({ run: 'run_bbbbbbbbbbbb', createdAt: '2026-11-20T09:00:00.000Z' })
  const other = sampleRun({ run: 'run_cccccccccccc', createdAt: '2026-11-20T10:00:00.000Z', name: 'another' })
  const compareRuns = (): never => {
    throw new MirageError({ code: 'runs.nothing_before', status: 409, detail: 'the first of its scan' })
  }
  for (const [runs, said] of [
    [
      [sampleRun(), other, before],
      `To compare it with the run of that name before it: mirage compare ${before.run} ${run}`,
    ],
    [[sampleRun(), other], 'there is none of that name before it'],
  ] as const) {
    await using gateway = await startFakeGateway(
      handlersWith({ scans: { listRuns: () => pageOf([...runs]), compareRuns } }),
    )
    const { code, stderr } = await runCommand(['compare', 'last'], { gateway })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) })
  }
})

test('compare ends in a summary, the later run against the earlier whatever their order', async () => {
  const earlier = sampleRun({ run: 'run_bbbbbbbbbbbb', createdAt: '2026-01-01T00:00:00.000Z' })
  await using gateway = await startFakeGateway(
    handlersWith({
      scans: {
        getRun: (input) => (input.run === earlier.run ? earlier : sampleRun()),
        compareRuns: () =>
          rows([
            { kind: 'new' as const, id: entityId('domain', 'new.example'), type: 'domain', value: 'new.example' },
            { kind: 'summary' as const, new: 1, gone: 0, changed: 0, unconfirmed: 0 },
          ]),
      },
    }),
  )
  const { stdout } = await runCommand(['compare', earlier.run, run, '--json'], { gateway })
  expect(jsonLinesOf(stdout).at(-1)).toEqual({ kind: 'summary', new: 1, gone: 0, changed: 0, unconfirmed: 0 })
  expect(gateway.calls.at(-1)?.input).toEqual({ run, before: earlier.run })
  expect((await runCommand(['compare', run], { gateway })).stdout).toBe(
    '+ domain            new.example\n1 new, 0 gone, 0 changed, 0 unconfirmed.\n',
  )
})
