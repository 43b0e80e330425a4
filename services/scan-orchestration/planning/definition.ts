import { contacts } from '@mirage/model/contact.ts'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { type Static, Type as t } from 'typebox'

/** What a run is started with. */

const closed = { additionalProperties: false }
const Type = t.Enum([...entityTypes] as EntityType[])
const Name = t.String({ minLength: 1, maxLength: 200 })
const ModuleId = t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })

/** What HTTP lets a header be (RFC 9110 §5.1, §5.5). */
export const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/
export const headerValue = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/

/** What selects modules when the definition does not name them. A profile is a file of these. */
export const Profile = t.Object(
  {
    name: t.String(),
    title: t.String(),
    summary: t.String(),
    useCases: t.Optional(
      t.Array(t.Enum(['footprint', 'investigate', 'identity', 'monitor']), { description: 'Modules made for these.' }),
    ),
    modules: t.Optional(t.Array(ModuleId, { description: 'Only these modules.' })),
    excludeModules: t.Optional(t.Array(ModuleId, { description: 'Not these modules.' })),
    want: t.Optional(t.Array(Type, { description: 'Only modules that lead to these types of entity.' })),
    contact: t.Optional(t.Enum([...contacts], { description: 'The strongest contact. Default: target.' })),
    allow: t.Optional(
      t.Array(t.Enum(['invasive', 'slow', 'unofficial']), { description: 'Also modules with these flags.' }),
    ),
    distance: t.Optional(
      t.Integer({ minimum: 0, maximum: 10, description: 'How many changes of owner away from a seed is in scope.' }),
    ),
  },
  closed,
)
export type Profile = Static<typeof Profile>

/** Limits of a run; absent means none. A run that hits one says so in `stopReason`. */
export const Budget = t.Object(
  {
    maxRequests: t.Optional(t.Integer({ minimum: 0, description: 'It ends after so many requests.' })),
    maxQueries: t.Optional(t.Integer({ minimum: 0, description: 'It ends after so many DNS queries.' })),
    maxTimeMs: t.Optional(t.Integer({ minimum: 1, description: 'It ends after this time, milliseconds.' })),
    maxEntities: t.Optional(t.Integer({ minimum: 1, description: 'It ends after so many entities.' })),
    depth: t.Optional(
      t.Integer({ minimum: 0, maximum: 100, description: 'How many steps away from a seed is looked at.' }),
    ),
  },
  { ...closed, description: 'Limits; absent means none.' },
)
export type Budget = Static<typeof Budget>

const rule = 'a domain, address, block or AS number'

/** Everything a run is started with; it keeps this for ever. */
export const RunDefinition = t.Object(
  {
    name: t.Optional(Name),
    note: t.Optional(t.String({ maxLength: 10_000 })),
    seeds: t.Array(t.Object({ type: Type, value: t.String({ minLength: 1, maxLength: 16_384 }) }, closed), {
      minItems: 1,
      maxItems: 100_000,
      description: 'The targets.',
    }),
    profile: t.Optional(
      t.Union([t.String(), Profile], {
        description: 'The name of a shipped profile, or a profile. Default: footprint.',
      }),
    ),
    modules: t.Optional(t.Array(ModuleId, { description: 'Only these modules.' })),
    excludeModules: t.Optional(t.Array(ModuleId, { description: 'Not these modules.' })),
    want: t.Optional(t.Array(Type, { description: 'Only modules that lead to these types of entity.' })),
    allow: t.Optional(
      t.Array(t.Enum(['invasive', 'slow', 'unofficial']), { description: 'Also modules with these flags.' }),
    ),
    contact: t.Optional(
      t.Enum([...contacts], {
        description: 'The strongest contact any request of the run may cause. Default: the profile’s, else `target`.',
      }),
    ),
    include: t.Optional(t.Array(t.String(), { maxItems: 1_000_000, description: `Also in scope: ${rule}.` })),
    exclude: t.Optional(t.Array(t.String(), { maxItems: 1_000_000, description: `Never in scope: ${rule}.` })),
    distance: t.Optional(
      t.Integer({ minimum: 0, maximum: 10, description: 'How many changes of owner away from a seed is in scope.' }),
    ),
    budget: t.Optional(Budget),
    rate: t.Optional(t.Number({ exclusiveMinimum: 0, description: 'Requests a second of the whole run.' })),
    moduleRates: t.Optional(
      t.Record(ModuleId, t.String({ pattern: '^\\d+(\\.\\d+)?/(s|m|h|d)$' }), {
        description: 'The rate or quota of a module by its id, as people write it: `10/m`, `50/d`.',
      }),
    ),
    resolvers: t.Optional(
      t.Array(t.String(), {
        maxItems: 10_000,
        description: 'DNS resolvers to ask, by address. Default: those of the settings.',
      }),
    ),
    proxy: t.Optional(
      t.String({
        maxLength: 1000,
        description: 'Everything goes through this proxy (http or socks5h), or nothing goes.',
      }),
    ),
    headers: t.Optional(
      t.Record(t.String({ pattern: headerName.source }), t.String({ pattern: headerValue.source }), {
        description: 'Headers for requests to the target only.',
      }),
    ),
    userAgent: t.Optional(
      t.String({
        maxLength: 500,
        pattern: headerValue.source,
        description: 'The user agent for requests to the target.',
      }),
    ),
    lab: t.Optional(
      t.Object(
        { size: t.String(), seed: t.Integer() },
        { ...closed, description: 'The run meets this lab instead of the internet.' },
      ),
    ),
  },
  { ...closed, description: 'What is asked for: seeds, and what differs from the profile.' },
)
export type RunDefinition = Static<typeof RunDefinition>
