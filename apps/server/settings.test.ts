import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEnvironment, type ServerEnvironment } from './environment.ts'
import { readSettings, settingsSchemas } from './settings.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirage-settings-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function environment(file: string | undefined, variables: Record<string, string> = {}): ServerEnvironment {
  const path = join(directory, 'config.yaml')
  if (file !== undefined) writeFileSync(path, file)
  return readEnvironment({ ...variables, MIRAGE_CONFIG: path })
}

function detailOf(file: string, variables: Record<string, string> = {}): string {
  try {
    readSettings(environment(file, variables))
    return 'no error'
  } catch (error) {
    const { code, detail } = error as { code: string; detail?: string }
    return code === 'settings.invalid' ? detail! : `not an error of settings: ${String(error)}`
  }
}

describe('settings of the installation', () => {
  it('work without a file', () => {
    expect(readSettings(environment(undefined)).values).toMatchObject({
      server: { host: '127.0.0.1', port: 8000 },
      stores: { sql: 'sqlite:', bus: 'sqlite:', cache: 'memory:', blobs: 'file:' },
    })
  })

  it('work with an empty one, and are overridden by variables and flags in this order', () => {
    expect(readSettings(environment('# nothing yet\n')).values['server']).toEqual({ host: '127.0.0.1', port: 8000 })
    const { values, origins } = readSettings(
      environment('server:\n  host: "::1"\n  port: 9000\n', { MIRAGE_SERVER__PORT: '9001' }),
      { server: { port: 9002 } },
    )
    expect(values['server']).toEqual({ host: '::1', port: 9002 })
    expect(origins['server.host']!.name).toBe(join(directory, 'config.yaml'))
    expect(origins['server.port']!.origin).toBe('flag')
  })

  it('say all that is wrong in one go', () => {
    const lines = detailOf('servr:\n  port: 1\nserver:\n  port: 70000\n', { MIRAGE_SERVER__PROT: '1' }).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toBe('Some settings are not valid:')
    expect(lines[1]).toContain('there is no section “servr”; did you mean “server”?')
    expect(lines[2]).toContain('“server.port” must be <= 65535')
    expect(lines[3]).toContain('“server” has no setting “prot”; did you mean “port”?')
  })

  it.each(['just text', '- a\n- b\n', 'server: 9000\n', 'server:\n'])('say that a file holds no sections: %j', (file) =>
    expect(detailOf(file)).toMatch(/config\.yaml must hold sections, each with settings\.$/),
  )

  it.each(['server: {port: 1', 'server:\n\tport: 1\n', 'a: 1\na: 2\n'])('say where a file is not YAML: %j', (file) =>
    expect(detailOf(file)).toMatch(/config\.yaml is not valid YAML: .+ at line \d/),
  )

  it('have a description each, for those who look', () => {
    for (const [section, schema] of Object.entries(settingsSchemas()))
      for (const [name, property] of Object.entries(schema.properties as Record<string, { description?: string }>))
        expect([section, name, property.description ?? '']).toEqual([section, name, expect.stringMatching(/\.$/)])
  })
})

describe('the environment', () => {
  it('says where data lives', () => {
    expect(readEnvironment({ MIRAGE_DATA: '/a', XDG_DATA_HOME: '/b' }).dataDirectory).toBe('/a')
    expect(readEnvironment({ XDG_DATA_HOME: '/b' }).dataDirectory).toBe('/b/mirage')
    expect(readEnvironment({}).dataDirectory).toMatch(/\.local\/share\/mirage$/)
  })
})
