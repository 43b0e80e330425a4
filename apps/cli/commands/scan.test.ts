import { expect, test } from 'vitest'
import { runCommand } from '../fake/cli.ts'
import { startFakeGateway } from '../fake/gateway.ts'
import { sampleHandlers } from '../fake/world.ts'

test('scan --json writes one object a line, the run first and the summary last', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stdout, stderr } = await runCommand(['scan', 'example.com', '--json'], { gateway })
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect({ code, kinds: lines.map(({ kind }) => kind) }).toEqual({
    code: 0,
    kinds: ['run', 'entity', 'entity', 'entity', 'finding', 'relationship', 'summary'],
  })
  expect(lines[0]).toMatchObject({ format: 'mirage/1', run: 'run_aaaabbbbcccc' })
  expect(stderr.split('\n').slice(0, 3)).toEqual([
    'Contacts  the target: packets from this machine; crt.sh',
    'No key    hunter (HUNTER_API_KEY): left out; add one with “mirage keys set HUNTER_API_KEY”',
    'To stop   Ctrl-C; everything is kept, and “mirage resume last” goes on',
  ])
})
