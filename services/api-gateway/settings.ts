import { Type as t } from 'typebox'

export const settings = t.Object(
  {
    rememberKeyMs: t.Integer({
      default: 5_000,
      minimum: 0,
      description: 'How long a verified key is remembered before auth is asked again, milliseconds.',
    }),
  },
  { additionalProperties: false },
)
