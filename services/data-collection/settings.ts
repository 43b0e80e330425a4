import { Type as t } from 'typebox'

export const settings = t.Object(
  {
    tasks: t.Integer({ default: 96, minimum: 1, maximum: 10_000, description: 'Tasks at the same time.' }),
    tasksPerModule: t.Integer({
      default: 16,
      minimum: 1,
      maximum: 1000,
      description: 'Tasks of one module at the same time, where the module declares no limit of its own.',
    }),
    userAgent: t.String({
      default: 'Mirage/0.1 (+https://github.com/mirage-osint/mirage)',
      description: 'What is said to web servers, unless a run says otherwise.',
    }),
    resolvers: t.Array(t.String(), {
      default: [],
      description: 'Recursive resolvers for runs that name none; empty for well-known public ones.',
    }),
    sweepAfterMs: t.Integer({
      default: 600_000,
      minimum: 100,
      description:
        'How long after runs were deleted the bodies of their answers go, milliseconds; while nothing runs, after a day in any case.',
    }),
    allowPrivateTargets: t.Boolean({ default: false, description: 'Seeds may name private address ranges.' }),
  },
  { additionalProperties: false },
)
