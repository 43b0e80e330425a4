import { Type as t } from 'typebox'

export const settings = t.Object(
  {
    eventsPerWrite: t.Integer({
      default: 32,
      minimum: 1,
      maximum: 64,
      description: 'Batches of observations that are written together at most.',
    }),
  },
  { additionalProperties: false },
)
