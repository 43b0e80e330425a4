import { Type as t } from 'typebox'
import { describe, expect, it } from 'vitest'
import { didYouMean, environmentLayer, type Layer, resolveSettings, sectionOf } from './settings.ts'

const schemas = {
  'scan-orchestration': t.Object({
    maxRuns: t.Integer({ default: 4, minimum: 1, description: 'Runs at once.' }),
    eager: t.Boolean({ default: false }),
  }),
  server: t.Object({ host: t.String({ default: '127.0.0.1' }) }),
}

function layer(origin: Layer['origin'], values: Layer['values']): Layer {
  return { origin, name: origin === 'file' ? '/etc/mirage.yaml' : origin, values }
}

describe('settings', () => {
  it('are the defaults where nothing is said', () => {
    const resolved = resolveSettings(schemas, [])
    expect(resolved).toMatchObject({ errors: [], values: { 'scan-orchestration': { maxRuns: 4, eager: false } } })
    expect(resolved.origins['server.host']).toEqual({ origin: 'default', name: '' })
    expect(sectionOf<typeof schemas.server>(resolved, 'server').host).toBe('127.0.0.1')
  })

  it('are laid over each other, the last one wins, and each says where it comes from', () => {
    const { values, origins } = resolveSettings(schemas, [
      layer('file', { 'scan-orchestration': { maxRuns: 5, eager: true } }),
      layer('environment', { 'scan-orchestration': { maxRuns: '6' } }),
      layer('flag', { server: { host: '::1' } }),
    ])
    expect(values).toEqual({ 'scan-orchestration': { maxRuns: 6, eager: true }, server: { host: '::1' } })
    expect(origins['scan-orchestration.maxRuns']!.origin).toBe('environment')
    expect(origins['scan-orchestration.eager']).toEqual({ origin: 'file', name: '/etc/mirage.yaml' })
  })

  it('name everything that is wrong at once, and change nothing by it', () => {
    const { errors, values } = resolveSettings(schemas, [
      layer('file', { 'scan-orchestratoin': { maxRuns: 1 }, 'scan-orchestration': { maxRun: 1, maxRuns: 0 } }),
      layer('environment', { 'scan-orchestration': { eager: 'perhaps' } }),
    ])
    expect(errors).toEqual([
      '/etc/mirage.yaml: there is no section “scan-orchestratoin”; did you mean “scan-orchestration”?',
      '/etc/mirage.yaml: “scan-orchestration” has no setting “maxRun”; did you mean “maxRuns”?',
      '/etc/mirage.yaml: “scan-orchestration.maxRuns” must be >= 1 (Runs at once.)',
      'environment: “scan-orchestration.eager” must be boolean',
    ])
    expect(values['scan-orchestration']).toEqual({ maxRuns: 4, eager: false })
  })

  it('take names that objects have anyway for the unknown names they are', () => {
    const { errors } = resolveSettings(schemas, [
      layer('file', { constructor: { name: 1 }, server: { toString: 'x' } }),
    ])
    expect(errors).toEqual([
      '/etc/mirage.yaml: there is no section “constructor”',
      '/etc/mirage.yaml: “server” has no setting “toString”',
    ])
  })

  it('convert text only where it comes from the environment', () => {
    const { errors } = resolveSettings(schemas, [layer('file', { 'scan-orchestration': { maxRuns: '5' } })])
    expect(errors).toEqual(['/etc/mirage.yaml: “scan-orchestration.maxRuns” must be integer (Runs at once.)'])
  })
})

describe('variables', () => {
  it('name section and setting, and others are not ours', () => {
    expect(
      environmentLayer({
        MIRAGE_SCAN_ORCHESTRATION__MAX_RUNS: '8',
        MIRAGE_SERVER__HOST: '0.0.0.0',
        MIRAGE_DATA: '/data',
        HOME: '/root',
        MIRAGE_SERVER__PORT: undefined,
      }).values,
    ).toEqual({ 'scan-orchestration': { maxRuns: '8' }, server: { host: '0.0.0.0' } })
  })
})

describe('did you mean', () => {
  it('names what is near, in whatever case, and nothing else', () => {
    expect(didYouMean('SERVR', ['server', 'stores'])).toBe('; did you mean “server”?')
    expect(didYouMean('zebra', ['server', 'stores'])).toBe('')
    expect(didYouMean('x', [])).toBe('')
  })
})
