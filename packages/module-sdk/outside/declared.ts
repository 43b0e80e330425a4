import { parseDuration } from '@mirage/kit/clock.ts'
import { fits, misfits } from '@mirage/kit/schema.ts'
import { contacts } from '@mirage/model/contact.ts'
import { entityTypes } from '@mirage/model/entity.ts'
import { outcomes } from '@mirage/model/outcome.ts'
import { Type as t } from 'typebox'
import { wheres } from '../define.ts'
import type { ModuleManifest } from '../manifest.ts'
import type { Spent } from '../run.ts'
import { DeclaredSettings } from './declared-settings.ts'

const text = t.String({ minLength: 1, maxLength: 500 })
const address = t.String({ pattern: '^https?://', maxLength: 500 })
const Type = t.Enum([...entityTypes])
const Duration = t.Refine(text, (value) => parseDuration(value) !== undefined)
/** A task of a stranger holds its place, and a processor, no longer than an hour. */
const TaskTime = t.Refine(text, (value) => parseDuration(value)! <= 3_600_000)
const rate = t.Optional(t.Number({ exclusiveMinimum: 0 }))
const Port = t.Integer({ minimum: 1, maximum: 65_535 })
const closed = { additionalProperties: false }

const rateFields = {
  perMinute: rate,
  perSecond: rate,
  perHour: t.Optional(t.Integer({ minimum: 1 })),
  perDay: t.Optional(t.Integer({ minimum: 1 })),
}
const keyFields = {
  key: t.String({ pattern: '^[A-Z][A-Z0-9_]{1,63}$' }),
  where: address,
  tier: t.Enum(['free', 'tiered', 'paid']),
}

/** What somebody else's module may declare: what `defineModule` takes, looked at as the text of a stranger. */
const Declared = t.Object(
  {
    id: t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    version: t.Integer({ minimum: 1 }),
    title: text,
    summary: text,
    homepage: address,
    documentation: t.Optional(address),
    terms: t.Optional(address),
    consumes: t.Array(
      t.Object({ type: Type, where: t.Optional(t.Enum([...wheres])), ports: t.Optional(t.Array(Port)) }, closed),
      { minItems: 1 },
    ),
    produces: t.Array(Type),
    contact: t.Enum([...contacts]),
    discloses: t.Optional(t.Boolean()),
    origin: t.Optional(text),
    useCases: t.Array(t.Enum(['footprint', 'investigate', 'identity', 'monitor'])),
    flags: t.Optional(t.Array(t.Enum(['invasive', 'slow', 'unofficial']))),
    limits: t.Optional(
      t.Object(
        {
          ...rateFields,
          perHost: t.Optional(t.Integer({ minimum: 1 })),
          concurrency: t.Optional(t.Integer({ minimum: 1, maximum: 64 })),
          group: t.Optional(text),
          cacheFor: t.Optional(Duration),
          timeout: t.Optional(TaskTime),
        },
        closed,
      ),
    ),
    needs: t.Optional(t.Object(keyFields, closed)),
    accepts: t.Optional(t.Object({ ...keyFields, limits: t.Optional(t.Object(rateFields, closed)) }, closed)),
    settings: t.Optional(DeclaredSettings),
    volatile: t.Optional(t.Array(text)),
    onlyInScope: t.Optional(t.Boolean()),
    sample: text,
    batch: t.Optional(t.Integer({ minimum: 1, maximum: 10_000 })),
  },
  closed,
)

/** What is wrong with a declaration, in words; undefined when nothing is. */
export function wrongDeclaration(manifest: ModuleManifest, folder: string): string | undefined {
  const wrong = misfits(Declared, manifest)
  if (wrong.length > 0) return wrong.join('; ')
  if (manifest.id !== folder) return `its id is “${manifest.id}”, and its folder “${folder}”: they must be the same`
  if (manifest.needs && manifest.accepts) return 'it both needs and accepts a key: it can only do one'
  return undefined
}

const Count = t.Integer({ minimum: 0 })
/** Only the end of a lease cancels; a module that says so would be given its task for ever. */
const Failed = t.Object({
  outcome: t.Enum(outcomes.filter((outcome) => outcome !== 'cancelled')),
  reason: t.String(),
  exchange: t.Optional(t.String()),
})
const SpentOfStranger = t.Object({
  requests: Count,
  queries: Count,
  dropped: Count,
  failure: t.Optional(Failed),
  thrown: t.Optional(Failed),
})

/** What a process says its task has spent, when it makes sense. */
export function isSpent(spent: unknown): spent is Spent {
  return fits(SpentOfStranger, spent)
}
