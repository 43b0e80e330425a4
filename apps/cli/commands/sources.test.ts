import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linesOf, runCommand } from '../fake/cli.ts'
import { startFakeGateway } from '../fake/gateway.ts'
import { handlersWith, pageOf, sampleModule } from '../fake/world.ts'

const shodan = sampleModule('shodan', {
  consumes: [{ type: 'ip-address' }],
  sample: '192.0.2.1',
  key: { name: 'SHODAN_API_KEY', where: 'https://shodan.io', tier: 'tiered', state: 'set', optional: false },
})

test('modules by what goes in and comes out', async () => {
  await using gateway = await startFakeGateway(handlersWith({ modules: { listModules: () => pageOf([shodan]) } }))
  const { stdout } = await runCommand(['modules', '--consumes', 'ip-address', '--produces', 'open-port'], { gateway })
  expect(linesOf(stdout)[1]).toBe('shodan  stored   ip-address → domain  SHODAN_API_KEY: set')
  expect(gateway.calls.at(-1)?.input).toEqual({ consumes: 'ip-address', produces: 'open-port' })
  expect((await runCommand(['modules', '--produces', 'emial'], { gateway })).stderr).toContain('did you mean “email”?')
})

test('a key is read from standard input, and nothing repeats it', async () => {
  await using gateway = await startFakeGateway(
    handlersWith({ modules: { setKey: ({ name }) => ({ name, state: 'set', modules: ['shodan'], optional: false }) } }),
  )
  const { code, stdout, stderr } = await runCommand(['keys', 'set', 'SHODAN_API_KEY'], {
    gateway,
    stdin: 'the-secret\n',
  })
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: 'SHODAN_API_KEY is stored, encrypted; used by shodan.\n',
  })
  expect(gateway.calls.at(-1)?.input).toEqual({ name: 'SHODAN_API_KEY', value: 'the-secret' })
  const inline = await runCommand(['keys', 'set', 'SHODAN_API_KEY=the-secret'], { gateway })
  expect({ code: inline.code, leaks: inline.stderr.includes('the-secret') }).toEqual({ code: 2, leaks: false })
  expect((await runCommand(['keys', 'set', 'SHODAN_API_KEY'], { gateway, stdin: '\n' })).code).toBe(1)
})

test('keys test asks each source and ends with 1 where one refuses', async () => {
  await using gateway = await startFakeGateway(
    handlersWith({
      modules: { listModules: () => pageOf([sampleModule('crtsh'), shodan]) },
      collection: {
        tryModule: () => ({ outcome: 'key-refused', reason: '401', observations: [], findings: [], requests: 1 }),
      },
    }),
  )
  const { code, stdout } = await runCommand(['keys', 'test'], { gateway })
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'SHODAN_API_KEY  shodan  key-refused: 401\n' })
  expect(gateway.calls.at(-1)?.input).toEqual({ module: 'shodan', type: 'ip-address', value: '192.0.2.1' })
})

test('keys import stores what modules need and names the rest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  await writeFile(join(folder, 'keys.yaml'), 'shodan: [abc]\ncensys: [x]\n')
  await using gateway = await startFakeGateway(
    handlersWith({
      modules: {
        listModules: () => pageOf([shodan]),
        setKey: ({ name }) => ({ name, state: 'set', modules: ['shodan'], optional: false }),
      },
    }),
  )
  const { code, stderr } = await runCommand(['keys', 'import', join(folder, 'keys.yaml')], { gateway })
  await rm(folder, { recursive: true })
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'No module here takes a key for: censys\n1 key stored, encrypted: SHODAN_API_KEY.\n',
  })
})
