import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'

/** A static message and fields. `error` is our bug, `warn` needs a look, a user's mistake is `info`. */
export interface Log {
  error(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  debug(message: string, fields?: Record<string, unknown>): void
  child(fields: Record<string, unknown>): Log
}

/** Fields whose values never reach a log, wherever they stand. */
const secretFields = ['key', 'token', 'secret', 'password', 'authorization', 'cookie', 'apiKey', 'masterKey']

export interface LogOptions {
  /** A file, appended to and turned over at start when larger than 32 MB; without it standard error. */
  file?: string
  level?: 'error' | 'warn' | 'info' | 'debug'
}

export function openLog({ file, level = 'info' }: LogOptions): Log {
  const redact = { paths: secretFields.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' }
  const stream = file === undefined ? process.stderr : openFile(file)
  return wrap(
    pino({ level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' }, stream),
  )
}

/** A log that keeps nothing: for tests. */
export const silentLog: Log = { error: noop, warn: noop, info: noop, debug: noop, child: () => silentLog }

function noop(): void {}

function openFile(file: string): NodeJS.WritableStream {
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file) && statSync(file).size > 32 << 20) renameSync(file, `${file}.1`)
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 })
  stream.on('error', noop) // a full disk must not end the process through its log
  return stream
}

function wrap(logger: pino.Logger): Log {
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (message: string, fields: Record<string, unknown> = {}): void =>
      logger[level](describeErrors(fields), message)
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => wrap(logger.child(fields)),
  }
}

function describeErrors(fields: Record<string, unknown>): Record<string, unknown> {
  if (!(fields['error'] instanceof Error)) return fields
  const { name, message, stack, cause } = fields['error']
  return { ...fields, error: { name, message, stack, ...(cause instanceof Error ? { cause: cause.message } : {}) } }
}
