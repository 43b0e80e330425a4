import { Type as t } from 'typebox'

export const settings = t.Object(
  {
    maxRuns: t.Integer({ default: 4, minimum: 1, maximum: 1000, description: 'Runs at the same time; the rest wait.' }),
    leaseMs: t.Integer({
      default: 3000,
      minimum: 500,
      maximum: 60_000,
      description: 'How long a worker keeps a task without renewing it, milliseconds.',
    }),
    maxLostLeases: t.Integer({
      default: 8,
      minimum: 1,
      description:
        'A task whose worker dies this often without any progress is given up as failed; the last two times it is tried alone.',
    }),
    minFreeBytes: t.Integer({
      default: 536_870_912,
      minimum: 0,
      description:
        'Below this much free disk, or 5 % of a smaller one, no new work is given out and runs wait for space; below half of it what is under way stops too, to go on then.',
    }),
    carryOn: t.Boolean({
      default: true,
      description: 'Runs that were under way when their process died go on at the next start; false: when resumed.',
    }),
    allowPrivateTargets: t.Boolean({
      default: false,
      description: 'Seeds may name private address ranges.',
    }),
  },
  { additionalProperties: false },
)
