import { type Static, type TObject, type TProperties, type TSchema, Type as t } from 'typebox'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Rows one after the other, as lines of JSON. */
export interface StreamReply<S extends TSchema = TSchema> {
  as: 'stream'
  row: S
}

/** Server-sent events; `Last-Event-ID` arrives in the call. */
export interface EventsReply<S extends TSchema = TSchema> {
  as: 'events'
  row: S
}

/** A document of one of these media types. */
export interface BytesReply {
  as: 'bytes'
  types: string[]
}

export type Reply = TSchema | StreamReply | EventsReply | BytesReply

export interface Bytes {
  type: string
  /** Offered to a browser as the name of the file. */
  name?: string
  body: AsyncIterable<Uint8Array | string> | Uint8Array | string
}

export interface EventRow<T> {
  id: string
  data: T
}

/** `public`: nobody needs to be known; `service`: only another service; else `<noun>:read|write|admin`. */
export type Permission = 'public' | 'service' | `${string}:${'read' | 'write' | 'admin'}`

export interface Operation<P extends TProperties = TProperties, R extends Reply = Reply> {
  method: Method
  /** Below `/api/v1`; `{name}` is taken from the input. */
  path: string
  summary: string
  permission: Permission
  input: TObject<P>
  reply: R
  /** Of a good answer: 200 unless said, 204 for no content. */
  status: number
  /** A POST that changes nothing: a selection too large for a URL. It may be retried. */
  safe: boolean
  /** Codes of the errors it may answer beside the usual ones. */
  errors: string[]
  /** The largest body accepted, bytes. */
  bodyLimit: number
}

export interface Contract<O extends Record<string, Operation> = Record<string, Operation>> {
  service: string
  summary: string
  operations: O
}

interface OperationOptions<P extends TProperties, R extends Reply> {
  summary: string
  permission: Permission
  input?: P
  reply: R
  status?: number
  safe?: boolean
  errors?: string[]
  bodyLimit?: number
}

/** The contract of a service: its operations by the name a client calls them. Refuses two operations on one route. */
export function defineContract<const O extends Record<string, Operation>>(
  service: string,
  summary: string,
  operations: O,
): Contract<O> {
  const routes = new Set<string>()
  for (const [name, { method, path, input }] of Object.entries(operations)) {
    const route = `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`
    if (routes.has(route)) throw new TypeError(`${service}.${name}: ${route} is taken by another operation`)
    routes.add(route)
    for (const parameter of pathNames(path))
      if (!(parameter in input.properties))
        throw new TypeError(`${service}.${name}: the input has no “${parameter}” for ${path}`)
  }
  return { service, summary, operations }
}

/** The names in the path, in order. */
export function pathNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
}

function operation(method: Method) {
  return function define<R extends Reply, const P extends TProperties = Record<never, never>>(
    path: string,
    options: OperationOptions<P, R>,
  ): Operation<P, R> {
    return {
      method,
      path,
      summary: options.summary,
      permission: options.permission,
      input: t.Object(options.input ?? ({} as P), { additionalProperties: false }), // Object() computes a mapped type that is this one
      reply: options.reply,
      status: options.status ?? 200,
      safe: options.safe ?? method === 'GET',
      errors: options.errors ?? [],
      bodyLimit: options.bodyLimit ?? 1 << 20,
    }
  }
}

export const get = operation('GET')
export const post = operation('POST')
export const put = operation('PUT')
export const patch = operation('PATCH')
export const remove = operation('DELETE')

export function stream<S extends TSchema>(row: S): StreamReply<S> {
  return { as: 'stream', row }
}

export function events<S extends TSchema>(row: S): EventsReply<S> {
  return { as: 'events', row }
}

export function bytes(...types: string[]): BytesReply {
  return { as: 'bytes', types }
}

/** Which kind of reply this is: `json` for a schema. */
export function replyKind(reply: Reply): 'json' | 'stream' | 'events' | 'bytes' {
  return 'as' in reply ? reply.as : 'json'
}

export type InputOf<O extends Operation> = O extends Operation<infer P> ? Static<TObject<P>> : never

export type ReplyOf<O extends Operation> =
  O['reply'] extends StreamReply<infer S>
    ? AsyncIterable<Static<S>>
    : O['reply'] extends EventsReply<infer S>
      ? AsyncIterable<EventRow<Static<S>>>
      : O['reply'] extends BytesReply
        ? Bytes
        : O['reply'] extends TSchema
          ? Static<O['reply']>
          : never

/** Who calls, for which workspace, and until when. */
export interface Call {
  caller: { kind: 'user' | 'key' | 'service' | 'nobody'; id: string }
  workspace: string
  /** `<noun>:read|write|admin`; `*` for everything. */
  rights: string[]
  requestId: string
  /** W3C trace context of the caller, passed on to whom we call. */
  trace: string
  signal: AbortSignal
  /** For replies of events: the id after which to go on. */
  lastEventId?: string
}

export interface CallOptions {
  signal?: AbortSignal
  /** The workspace to act in; services act for many. */
  workspace?: string
  lastEventId?: string
  trace?: string
}

type Empty = Record<never, never>

export type Client<C extends Contract> = {
  [Name in keyof C['operations']]: Empty extends InputOf<C['operations'][Name]>
    ? (input?: InputOf<C['operations'][Name]>, options?: CallOptions) => Promise<ReplyOf<C['operations'][Name]>>
    : (input: InputOf<C['operations'][Name]>, options?: CallOptions) => Promise<ReplyOf<C['operations'][Name]>>
}

export type Handlers<C extends Contract> = {
  [Name in keyof C['operations']]: (
    input: InputOf<C['operations'][Name]>,
    call: Call,
  ) => Promise<ReplyOf<C['operations'][Name]>> | ReplyOf<C['operations'][Name]>
}

/** An answer without content. */
export const Nothing = t.Object({}, { additionalProperties: false })
