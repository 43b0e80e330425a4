import { type TSchema, Type as t } from 'typebox'

const closed = { additionalProperties: false }
const Text = t.String({ maxLength: 500 })
const Value = t.Union([Text, t.Number(), t.Boolean()])
const Bound = t.Optional(t.Number())
const Length = t.Optional(t.Integer({ minimum: 0 }))
const words = { title: t.Optional(Text), description: t.Optional(Text) }

const Scalar = {
  type: t.Enum(['string', 'integer', 'number', 'boolean']),
  enum: t.Optional(t.Array(Value)),
  minimum: Bound,
  maximum: Bound,
  exclusiveMinimum: Bound,
  exclusiveMaximum: Bound,
  multipleOf: t.Optional(t.Number({ exclusiveMinimum: 0 })),
  minLength: Length,
  maxLength: Length,
  default: t.Optional(Value),
}
const Choice = { enum: t.Array(Value), default: t.Optional(Value) }
const Constant = { type: t.Optional(t.Enum(['string', 'number', 'boolean'])), const: Value }
const Alternatives = { anyOf: t.Array(t.Object(Constant, closed)), default: t.Optional(Value) }

function oneOf(...shapes: Record<string, TSchema>[]): TSchema {
  return t.Union(shapes.map((shape) => t.Object({ ...shape, ...words }, closed)))
}

const List = {
  type: t.Literal('array'),
  items: oneOf(Scalar, Choice, Alternatives),
  minItems: Length,
  maxItems: Length,
  uniqueItems: t.Optional(t.Boolean()),
  default: t.Optional(t.Array(Value, { maxItems: 10_000 })),
}

/**
 * The settings of somebody else's module: texts, numbers, yes or no, choices and lists of them. The schema is compiled
 * and run where all of Mirage runs, so nothing that computes is in it: above all no `pattern`, which may take for ever on
 * a text that its author also chooses (`default`).
 */
export const DeclaredSettings = t.Object(
  {
    type: t.Literal('object'),
    properties: t.Record(
      t.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$' }),
      oneOf(Scalar, Choice, Alternatives, List),
      {
        additionalProperties: false,
      },
    ),
    required: t.Optional(t.Array(Text)),
    additionalProperties: t.Optional(t.Boolean()),
    description: t.Optional(Text),
  },
  closed,
)
