import { expect, test } from 'vitest'
import { linesOf, runCommand } from '../fake/cli.ts'

test('lab truth tells of the world that its options name, wherever they stand', async () => {
  const truth = async (...words: string[]): Promise<string> => (await runCommand(['lab', ...words])).stdout
  const demo = await truth('truth')
  const other = await truth('truth', '--seed', '8')
  expect(linesOf(demo)[0]).toMatch(/^domain:northwind\.example\t/)
  expect(other).not.toBe(demo)
  expect(await truth('--seed', '8', 'truth')).toBe(other)
  expect((await runCommand(['lab', 'truth', '--size', '5k'])).code).toBe(2)
})

test('an empty log says so', async () => {
  const { code, stdout, stderr } = await runCommand(['lab', 'log'])
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('has received anything yet: mirage scan northwind.example --lab'),
  })
})
