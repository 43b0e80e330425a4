import { defineContract, get, Nothing, patch, put, remove } from '@mirage/kit/contract.ts'
import { defineEvent } from '@mirage/kit/event.ts'
import { Instant, Page, pageInput } from '@mirage/kit/schema.ts'
import { contacts } from '@mirage/model/contact.ts'
import { type Static, Type as t } from 'typebox'

const keyStates = ['not-needed', 'missing', 'set', 'refused'] as const

/** What a module is, without its code. */
export const ModuleInfo = t.Object({
  id: t.String(),
  version: t.Integer(),
  title: t.String(),
  summary: t.String(),
  homepage: t.String(),
  documentation: t.Optional(t.String()),
  terms: t.Optional(t.String()),
  consumes: t.Array(
    t.Object({ type: t.String(), where: t.Optional(t.String()), ports: t.Optional(t.Array(t.Integer())) }),
  ),
  produces: t.Array(t.String()),
  contact: t.Enum([...contacts]),
  discloses: t.Boolean(),
  origin: t.String(),
  useCases: t.Array(t.String()),
  flags: t.Array(t.String()),
  limits: t.Object({
    perMinute: t.Optional(t.Number()),
    perSecond: t.Optional(t.Number()),
    perHour: t.Optional(t.Number()),
    perDay: t.Optional(t.Number()),
    concurrency: t.Optional(t.Integer()),
    group: t.Optional(t.String()),
    cacheFor: t.Optional(t.String()),
    timeout: t.Optional(t.String()),
    perHost: t.Optional(t.Integer()),
  }),
  key: t.Optional(
    t.Object({
      name: t.String(),
      where: t.String(),
      tier: t.String(),
      state: t.Enum([...keyStates]),
      optional: t.Boolean({ description: 'It works without, and asks less.' }),
    }),
  ),
  onlyInScope: t.Boolean(),
  volatile: t.Array(t.String()),
  sample: t.String(),
  /** Entities in one task; 1 for modules that take one. */
  batch: t.Integer({ minimum: 1 }),
  enabled: t.Boolean(),
})
export type ModuleInfo = Static<typeof ModuleInfo>

/** The settings of a module in a workspace. */
export const SettingsInfo = t.Object({
  module: t.String(),
  schema: t.Record(t.String(), t.Unknown(), { description: 'JSON Schema; empty for a module without settings.' }),
  values: t.Record(t.String(), t.Unknown(), { description: 'What the module is run with.' }),
  given: t.Record(t.String(), t.Unknown(), { description: 'What was set; the rest are defaults.' }),
})
export type SettingsInfo = Static<typeof SettingsInfo>

/** A key that a source needs or accepts, never its value. */
export const KeyInfo = t.Object({
  name: t.String(),
  state: t.Enum(['missing', 'set', 'refused']),
  modules: t.Array(t.String()),
  optional: t.Boolean({ description: 'They work without, and ask less.' }),
  where: t.Optional(t.String()),
  setAt: t.Optional(Instant),
  /** The last four characters, to tell keys apart; absent for short ones. */
  hint: t.Optional(t.String()),
})
export type KeyInfo = Static<typeof KeyInfo>

const KeyName = t.String({ pattern: '^[A-Z][A-Z0-9_]{1,63}$', description: 'Such as `SHODAN_API_KEY`.' })
const module = t.String({ description: 'The id of a module.' })

export const moduleRegistry = defineContract(
  'module-registry',
  'Which modules exist, what they need and produce, and their keys.',
  {
    listModules: get('/modules', {
      summary: 'Modules, by what goes in and comes out.',
      permission: 'modules:read',
      input: {
        consumes: t.Optional(t.String({ description: 'Only those that take this type of entity.' })),
        produces: t.Optional(t.String({ description: 'Only those that find this type of entity.' })),
        useCase: t.Optional(t.String({ description: 'Only those for this use, such as `footprint`.' })),
        ...pageInput,
      },
      reply: Page(ModuleInfo),
    }),
    getModule: get('/modules/{module}', {
      summary: 'One module.',
      permission: 'modules:read',
      input: { module },
      reply: ModuleInfo,
      errors: ['modules.not_found'],
    }),
    changeModule: put('/modules/{module}/enabled', {
      summary: 'Whether a module may run in this workspace.',
      permission: 'modules:write',
      input: { module, enabled: t.Boolean({ description: 'False: it is left out of plans.' }) },
      reply: ModuleInfo,
      errors: ['modules.not_found'],
    }),
    getModuleSettings: get('/modules/{module}/settings', {
      summary: 'What a module can be told, and what it is told.',
      permission: 'modules:read',
      input: { module },
      reply: SettingsInfo,
      errors: ['modules.not_found'],
    }),
    changeModuleSettings: patch('/modules/{module}/settings', {
      summary: 'Sets some settings of a module for this workspace; tasks that start from now on have them.',
      permission: 'modules:write',
      input: {
        module,
        set: t.Optional(t.Record(t.String(), t.Unknown(), { description: 'Values by the names of the settings.' })),
        unset: t.Optional(t.Array(t.String(), { description: 'Settings that go back to their defaults.' })),
      },
      reply: SettingsInfo,
      errors: ['modules.not_found', 'modules.settings_invalid'],
    }),
    listKeys: get('/keys', {
      summary: 'Keys that modules need and whether they are set; never a value.',
      permission: 'keys:read',
      input: pageInput,
      reply: Page(KeyInfo),
    }),
    setKey: put('/keys/{name}', {
      summary: 'Stores a key, encrypted.',
      permission: 'keys:write',
      input: {
        name: KeyName,
        value: t.String({
          minLength: 1,
          maxLength: 4096,
          description: 'What the source gave out; never answered again.',
        }),
      },
      reply: KeyInfo,
      errors: ['keys.unknown'],
    }),
    removeKey: remove('/keys/{name}', {
      summary: 'Forgets a key.',
      permission: 'keys:write',
      input: { name: KeyName },
      reply: Nothing,
      status: 204,
    }),
    /** The value of a key, for the collector only. */
    revealKey: get('/keys/{name}/value', {
      summary: 'A key for a collector.',
      permission: 'service',
      input: { name: KeyName },
      reply: t.Object({ value: t.Optional(t.String()) }),
    }),
    reportKey: put('/keys/{name}/state', {
      summary: 'What a source said of a key.',
      permission: 'service',
      input: { name: KeyName, state: t.Enum(['set', 'refused']) },
      reply: Nothing,
      status: 204,
    }),
  },
)

export const modulesChanged = defineEvent(
  'modules.changed',
  t.Object({ modules: t.Array(t.String()), keys: t.Array(t.String()) }),
)
