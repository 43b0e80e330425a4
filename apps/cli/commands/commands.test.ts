import { expect, test } from 'vitest'
import { linesOf, runCommand } from '../fake/cli.ts'

test('every command has help with a description, and help ends with 0', async () => {
  const { stdout } = await runCommand(['--help'])
  const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <| {2,})/gm)].map(([, name]) => name!)
  expect(names).toEqual(
    expect.arrayContaining(['scan', 'runs', 'entities', 'export', 'modules', 'serve', 'lab', 'doctor']),
  )
  for (const name of names.filter((name) => name !== 'help')) {
    const help = await runCommand([name, '--help'])
    expect({ name, code: help.code, usage: help.stdout.startsWith(`Usage: mirage ${name}`) }).toEqual({
      name,
      code: 0,
      usage: true,
    })
  }
})

test('what is misspelt gets a suggestion', async () => {
  expect((await runCommand(['scna', 'x'])).stderr).toContain('(Did you mean scan?)')
  expect((await runCommand(['scan', '--moduels', 'x'])).stderr).toContain('(Did you mean --modules?)')
  expect((await runCommand(['example.com'])).stderr).toContain('To scan it: mirage scan example.com')
})

test('without a key of a host elsewhere, or the host, it says what to do', async () => {
  const noKey = await runCommand(['runs'], { environment: { url: 'http://127.0.0.1:9' } })
  expect({ code: noKey.code, stderr: noKey.stderr }).toEqual({
    code: 1,
    stderr: 'MIRAGE_URL is set, but MIRAGE_API_KEY is not. The host at http://127.0.0.1:9 prints where its key is.\n',
  })
  const nobody = await runCommand(['runs'], { environment: { url: 'http://127.0.0.1:9', apiKey: 'x' } })
  expect({ code: nobody.code, stderr: nobody.stderr }).toEqual({
    code: 1,
    stderr: 'Mirage at http://127.0.0.1:9 does not answer. Is it running?\n',
  })
  const url = await runCommand(['runs'], { environment: { url: 'localhost', apiKey: 'x' } })
  expect(url.stderr).toContain('MIRAGE_URL is “localhost”, which is not an address')
})

test('completion offers commands, options, and values of options', async () => {
  const complete = async (...words: string[]): Promise<string[]> =>
    linesOf((await runCommand(['complete', '--', ...words])).stdout).map((line) => line.split('\t')[0]!)
  expect(await complete('sc')).toEqual(['scan'])
  expect(await complete('scan', '--pas')).toEqual(['--passive'])
  expect(await complete('export', 'last', '--format', 'c')).toEqual(['csv', 'cytoscape'])
  expect(await complete('keys', '')).toEqual(expect.arrayContaining(['list', 'set', 'test', 'import']))
  expect(await complete('show', 'la')).toEqual(['last'])
})
