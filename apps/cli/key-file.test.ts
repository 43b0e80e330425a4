import { expect, test, vi } from 'vitest'
import type { ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import { sampleModule } from './fake/world.ts'
import { readKeyFile } from './key-file.ts'

const modules: ModuleInfo[] = [
  sampleModule('crtsh'),
  sampleModule('shodan', {
    key: { name: 'SHODAN_API_KEY', where: 'https://shodan.io', tier: 'tiered', state: 'missing', optional: false },
  }),
  sampleModule('hunter', {
    key: { name: 'HUNTER_API_KEY', where: 'https://hunter.io', tier: 'free', state: 'missing', optional: false },
  }),
]

test('lines of an .env file', () => {
  const text = '# mine\nexport SHODAN_API_KEY="abc=def"\nHUNTER_API_KEY = xyz\nOTHER=1\nEMPTY=\n'
  expect(readKeyFile(text, modules)).toEqual({
    keys: [
      { name: 'SHODAN_API_KEY', value: 'abc=def' },
      { name: 'HUNTER_API_KEY', value: 'xyz' },
    ],
    skipped: ['OTHER', 'EMPTY'],
  })
})

test('YAML that maps sources to keys, as lists, texts or sections', () => {
  const text = 'shodan:\n  - abc\n  - second\nhunter: { key: xyz }\ncensys: []\ncrtsh: [none]\n'
  expect(readKeyFile(text, modules)).toEqual({
    keys: [
      { name: 'SHODAN_API_KEY', value: 'abc' },
      { name: 'HUNTER_API_KEY', value: 'xyz' },
    ],
    skipped: ['censys', 'crtsh'],
  })
})

test('anything else is refused', () => {
  expect(() => readKeyFile('just some words', modules)).toThrow(/neither NAME=value lines nor YAML/)
  expect(() => readKeyFile('a: [b', modules)).toThrow(/neither NAME=value lines nor YAML/)
})

test('what is refused shows no key', () => {
  expect(() => readKeyFile('SHODAN_API_KEY=geheim\n#\nbad line\n', modules)).toThrow(
    'This is neither NAME=value lines nor YAML: look at line 3.',
  )
})

test.each([
  'shodan: [Secret0123456789\nhunter: "Secret9876543210\n',
  'shodan: [Secret0123456789]\nshodan: [Secret9876543210]\n',
  '{"shodan": Secret0123456789',
  'shodan: *Secret0123456789\n',
])('a file that cannot be read is refused without a word of what stands in it: %j', (text) => {
  expect(() => readKeyFile(text, modules)).toThrow(/neither NAME=value lines nor YAML/)
  expect(() => readKeyFile(text, modules)).not.toThrow(/Secret/)
})

test('what YAML warns of is not printed', () => {
  const warn = vi.spyOn(process, 'emitWarning')
  expect(readKeyFile('shodan: !odd Secret0123456789\n', modules).keys).toHaveLength(1)
  expect(warn).not.toHaveBeenCalled()
})
