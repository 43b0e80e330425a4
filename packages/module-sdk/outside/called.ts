import { misfits } from '@mirage/kit/schema.ts'
import { recordTypes } from '@mirage/model/exchange.ts'
import { type TSchema, Type as t } from 'typebox'

const Text = t.String({ maxLength: 65_536 })
const Name = t.String({ maxLength: 1_024 })
const RecordType = t.Enum([...recordTypes])
const Port = t.Integer({ minimum: 1, maximum: 65_535 })
const Count = t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const closed = { additionalProperties: false }

const Request = t.Object(
  {
    method: t.Enum(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']),
    url: Text,
    headers: t.Record(t.String(), Text),
    body: t.Optional(t.String()),
    contact: t.String(),
    redirects: Count,
    maxBytes: Count,
    timeoutMs: Count,
    address: t.Optional(Name),
    anyCertificate: t.Optional(t.Boolean()),
    maxAgeMs: t.Optional(Count),
    refusedBy: t.Optional(t.String()),
    secrets: t.Optional(t.Array(Name)),
  },
  closed,
)

/** What each call is given, in order. What was left out is null. */
const calls: Record<string, TSchema[]> = {
  request: [Request],
  recorded: [Text],
  'dns.resolve': [Name, RecordType],
  'dns.resolveMany': [t.Array(t.Object({ name: Name, type: RecordType }))],
  'dns.guess': [Name, t.Array(Name)],
  'dns.isWildcard': [Name, RecordType],
  'dns.transfer': [Name, Name],
  'tcp.scan': [Name, t.Array(Port), t.Union([t.Null(), t.Object({ onBehalfOf: t.Optional(Name) })])],
  'tls.peer': [Name, Port, t.Union([t.Null(), t.Object({ address: t.Optional(Name) })])],
  'whois.query': [Name, Text],
}

/** What is wrong with a call of a stranger, in words; undefined when nothing is. */
export function wrongCall(call: string, values: unknown): string | undefined {
  const wanted = Object.hasOwn(calls, call) ? calls[call] : undefined
  if (wanted === undefined) return `there is no call “${call}”`
  if (!Array.isArray(values)) return `${call} was given no values`
  for (const [at, schema] of wanted.entries()) {
    const [wrong] = misfits(schema, values[at] ?? null)
    if (wrong !== undefined) return `${call} was given what it cannot take: ${wrong}`
  }
  return undefined
}
