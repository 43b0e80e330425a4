import { contacts } from '@mirage/model/contact.ts'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { type Static, Type as t } from 'typebox'

/** What a run is started with. */

const closed = { additionalProperties: false }
const Type = t.Enum([...entityTypes] as EntityType[])
const Contact = t.Enum([...contacts])
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
    useCases: t.Optional(t.Array(t.Enum(['footprint', 'investigate', 'identity', 'monitor']))),
    modules: t.Optional(t.Array(ModuleId)),
    excludeModules: t.Optional(t.Array(ModuleId)),
    want: t.Optional(t.Array(Type)),
    contact: t.Optional(Contact),
    allow: t.Optional(t.Array(t.Enum(['invasive', 'slow', 'unofficial']))),
    distance: t.Optional(t.Integer({ minimum: 0, maximum: 10 })),
  },
  closed,
)
export type Profile = Static<typeof Profile>

/** Limits of a run; absent means none. A run that hits one says so in `stopReason`. */
export const Budget = t.Object(
  {
    maxRequests: t.Optional(t.Integer({ minimum: 0 })),
    maxQueries: t.Optional(t.Integer({ minimum: 0 })),
    maxTimeMs: t.Optional(t.Integer({ minimum: 1 })),
    maxEntities: t.Optional(t.Integer({ minimum: 1 })),
    depth: t.Optional(t.Integer({ minimum: 0, maximum: 100 })),
  },
  closed,
)
export type Budget = Static<typeof Budget>

/** Everything a run is started with; it keeps this for ever. */
export const RunDefinition = t.Object(
  {
    name: t.Optional(Name),
    note: t.Optional(t.String({ maxLength: 10_000 })),
    seeds: t.Array(t.Object({ type: Type, value: t.String({ minLength: 1, maxLength: 16_384 }) }, closed), {
      minItems: 1,
      maxItems: 100_000,
    }),
    /** The name of a shipped profile, or a profile. Default: footprint. */
    profile: t.Optional(t.Union([t.String(), Profile])),
    modules: t.Optional(t.Array(ModuleId)),
    excludeModules: t.Optional(t.Array(ModuleId)),
    want: t.Optional(t.Array(Type)),
    allow: t.Optional(t.Array(t.Enum(['invasive', 'slow', 'unofficial']))),
    /** The strongest contact any request of the run may cause. Default: the profile's, else `target`. */
    contact: t.Optional(Contact),
    include: t.Optional(t.Array(t.String(), { maxItems: 1_000_000 })),
    exclude: t.Optional(t.Array(t.String(), { maxItems: 1_000_000 })),
    distance: t.Optional(t.Integer({ minimum: 0, maximum: 10 })),
    budget: t.Optional(Budget),
    /** Requests a second of the whole run. */
    rate: t.Optional(t.Number({ exclusiveMinimum: 0 })),
    /** module → rate as people write it: `10/m`. */
    moduleRates: t.Optional(t.Record(ModuleId, t.String({ pattern: '^\\d+(\\.\\d+)?/(s|m|h|d)$' }))),
    resolvers: t.Optional(t.Array(t.String(), { maxItems: 10_000 })),
    proxy: t.Optional(t.String({ maxLength: 1000 })),
    /** Sent to the target only. */
    headers: t.Optional(t.Record(t.String({ pattern: headerName.source }), t.String({ pattern: headerValue.source }))),
    userAgent: t.Optional(t.String({ maxLength: 500, pattern: headerValue.source })),
    /** The run meets the lab instead of the internet. */
    lab: t.Optional(t.Object({ size: t.String(), seed: t.Integer() }, closed)),
  },
  closed,
)
export type RunDefinition = Static<typeof RunDefinition>
