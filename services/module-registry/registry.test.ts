import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { fits } from '@mirage/kit/schema.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeyInfo, ModuleInfo, SettingsInfo } from './contract.ts'
import { Registry } from './registry.ts'
import { openVault } from './vault.ts'

const masterKey = new Uint8Array(32).fill(3)
const value = 'sk-live-0123456789abcdefWXYZ'

let directory: string
let documents: Documents
let registry: Registry

function open(key = masterKey): Promise<Registry> {
  return Registry.open(documents, manifest, openVault(key), { now: () => 0 })
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirage-registry-'))
  documents = await openSqliteDocuments({ path: join(directory, 'm.db'), perWorkspace: false, use: 'control' })
  registry = await open()
})
afterEach(async () => {
  await documents[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

describe('a key', () => {
  it('is told apart by its end, and its value is in no answer', async () => {
    const info = await registry.setKey('default', 'SHODAN_API_KEY', value)
    expect(info).toMatchObject({ name: 'SHODAN_API_KEY', state: 'set', modules: ['shodan'], hint: 'WXYZ' })
    const answers = JSON.stringify([info, await registry.keys('default'), await registry.list('default', {})])
    expect(answers).not.toContain('0123456789abcdef')
    for (const key of await registry.keys('default')) expect(fits(KeyInfo, key)).toBe(true)
    expect((await registry.get('default', 'shodan')).key).toMatchObject({ name: 'SHODAN_API_KEY', state: 'set' })
  })

  it('that a module only accepts is one a person may leave out', async () => {
    expect((await registry.get('default', 'github')).key).toMatchObject({ state: 'missing', optional: true })
    expect((await registry.get('default', 'shodan')).key).toMatchObject({ state: 'missing', optional: false })
    expect(await registry.setKey('default', 'GITHUB_TOKEN', value)).toMatchObject({
      optional: true,
      modules: ['github'],
      where: 'https://github.com/settings/tokens',
    })
    expect((await registry.keys('default')).find(({ name }) => name === 'SHODAN_API_KEY')!.optional).toBe(false)
  })

  it('too short to show an end shows none', async () => {
    expect((await registry.setKey('default', 'SHODAN_API_KEY', 'short')).hint).toBeUndefined()
  })

  it('comes back to the collector whole, in its own workspace only', async () => {
    await registry.setKey('default', 'SHODAN_API_KEY', value)
    expect(await registry.reveal('default', 'SHODAN_API_KEY')).toBe(value)
    expect(await registry.reveal('blue', 'SHODAN_API_KEY')).toBeUndefined()
    expect(await registry.reveal('default', 'HUNTER_API_KEY')).toBeUndefined()
  })

  it('lies encrypted on disk', async () => {
    await registry.setKey('default', 'SHODAN_API_KEY', value)
    await documents[Symbol.asyncDispose]()
    const files = readdirSync(directory)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      const bytes = readFileSync(join(directory, file))
      for (const form of [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')])
        expect(bytes.includes(form)).toBe(false)
    }
  })

  it('cannot be read under another master key, and says what to do', async () => {
    await registry.setKey('default', 'SHODAN_API_KEY', value)
    const stranger = await open(new Uint8Array(32).fill(4))
    await expect(stranger.reveal('default', 'SHODAN_API_KEY')).rejects.toMatchObject({
      code: 'keys.unreadable',
      detail: expect.stringContaining('mirage keys set'),
    })
    await stranger.setKey('default', 'SHODAN_API_KEY', 'another')
    expect(await stranger.reveal('default', 'SHODAN_API_KEY')).toBe('another')
  })

  it('is refused when a source says so, until it is set again', async () => {
    await registry.setKey('default', 'SHODAN_API_KEY', value)
    await registry.report('default', 'SHODAN_API_KEY', 'refused')
    expect((await registry.get('default', 'shodan')).key!.state).toBe('refused')
    expect((await registry.setKey('default', 'SHODAN_API_KEY', value)).state).toBe('set')
    await registry.report('default', 'HUNTER_API_KEY', 'refused')
    await registry.removeKey('default', 'SHODAN_API_KEY')
    expect(new Set((await registry.keys('default')).map(({ state }) => state))).toEqual(new Set(['missing']))
  })

  it('that no module needs is refused with the one that was meant', async () => {
    await expect(registry.setKey('default', 'SHODAN_API_KYE', value)).rejects.toMatchObject({
      code: 'keys.unknown',
      status: 404,
      detail: expect.stringContaining('SHODAN_API_KEY'),
    })
  })
})

describe('the vault', () => {
  it('seals the same text differently each time, and binds it to its name', () => {
    const vault = openVault(masterKey)
    const [one, two] = [vault.seal('default/A', 'x'), vault.seal('default/A', 'x')]
    expect(one).not.toBe(two)
    expect([vault.open('default/A', one), vault.open('default/A', two)]).toEqual(['x', 'x'])
    expect(() => vault.open('default/B', one)).toThrow('another master key')
    expect(() => vault.open('blue/A', one)).toThrow('another master key')
  })

  it('notices a changed byte, and text that never was sealed', () => {
    const vault = openVault(masterKey)
    const sealed = Buffer.from(vault.seal('A', 'a longer secret'), 'base64')
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed)
      changed[i]! ^= 1
      expect(() => vault.open('A', changed.toString('base64'))).toThrow('another master key')
    }
    for (const text of ['', 'AAAA', sealed.subarray(0, 20).toString('base64')])
      expect(() => vault.open('A', text)).toThrow('another master key')
  })
})

describe('a module', () => {
  it('is described as its contract says, every one that ships', async () => {
    const modules = await registry.list('default', {})
    expect(modules).toHaveLength(manifest.length)
    for (const module of modules) expect([module.id, fits(ModuleInfo, module)]).toEqual([module.id, true])
  })

  it('is found by what goes in and comes out', async () => {
    const ids = async (filter: Parameters<Registry['list']>[1]): Promise<string[]> =>
      (await registry.list('default', filter)).map(({ id }) => id)
    expect(await ids({ consumes: 'asn' })).toEqual(expect.arrayContaining(['rdap-autnum', 'ripestat']))
    expect(await ids({ consumes: 'domain', produces: 'email' })).not.toContain('github')
    expect(await ids({ produces: 'nothing' })).toEqual([])
  })

  it('is on until it is turned off, in that workspace', async () => {
    expect(await registry.enable('default', 'crtsh', false)).toMatchObject({ id: 'crtsh', enabled: false })
    expect((await registry.get('default', 'crtsh')).enabled).toBe(false)
    expect((await registry.get('blue', 'crtsh')).enabled).toBe(true)
    expect((await registry.enable('default', 'crtsh', true)).enabled).toBe(true)
  })

  it('that is not there is a 404 that names the one that was meant', async () => {
    await expect(registry.get('default', 'crtshh')).rejects.toMatchObject({
      status: 404,
      detail: 'There is no module “crtshh”; did you mean “crtsh”?',
    })
    await expect(registry.enable('default', 'zzzzzzzzz', true)).rejects.toMatchObject({
      code: 'modules.not_found',
      detail: expect.stringContaining('“mirage modules” lists them'),
    })
  })
})

describe('settings of a module', () => {
  it('are its defaults until they are set, in that workspace', async () => {
    const before = await registry.settings('default', 'port-scan')
    expect(before).toMatchObject({ module: 'port-scan', given: {}, values: { ports: expect.arrayContaining([443]) } })
    expect(fits(SettingsInfo, before)).toBe(true)
    await registry.changeSettings('default', 'port-scan', { set: { ports: [22] } })
    expect(await registry.settings('default', 'port-scan')).toMatchObject({ given: { ports: [22] } })
    expect(await registry.settings('blue', 'port-scan')).toEqual(before)
    expect(await registry.changeSettings('default', 'port-scan', { unset: ['ports'] })).toEqual(before)
  })

  it('are checked by the schema of the module, and nothing of a wrong change is kept', async () => {
    const change = (module: string, set: Record<string, unknown>): Promise<unknown> =>
      registry.changeSettings('default', module, { set })
    await expect(change('port-scan', { ports: ['x'] })).rejects.toMatchObject({ code: 'modules.settings_invalid' })
    await expect(change('port-scan', { prots: [1] })).rejects.toThrow('did you mean “ports”?')
    await expect(change('crtsh', { ports: [1] })).rejects.toThrow('crtsh has no settings')
    await expect(change('nothing', {})).rejects.toMatchObject({ code: 'modules.not_found' })
    expect((await registry.settings('default', 'port-scan')).given).toEqual({})
  })
})
