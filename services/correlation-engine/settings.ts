import { Type as t } from 'typebox'

export const settings = t.Object({
  evaluateEveryMs: t.Integer({
    default: 2000,
    minimum: 10,
    description:
      'How often rules look at what changed while a run goes on, milliseconds. The end of a run always looks.',
  }),
  rulesFolder: t.Optional(
    t.String({ description: 'A folder with rules of your own, as YAML files, beside the shipped ones.' }),
  ),
})
