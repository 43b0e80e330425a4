import { MirageError, messageOf } from '@mirage/kit/errors.ts'

/** Primary result codes, https://www.sqlite.org/rescode.html */
const busy = 5
const locked = 6
const ioError = 10
const corrupt = 11
const full = 13
const cannotOpen = 14
const notADatabase = 26

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** True when another connection holds the lock and the same call may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === busy || code === locked
}

/**
 * The store's typed error for what `node:sqlite` or the file system threw; anything that is not the store's trouble is
 * answered as it came.
 */
export function storeError(error: unknown, path: string): unknown {
  const code = resultCode(error)
  const system = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === full || isNoSpace(error) || (code === ioError && isWriteOrSize(error))) return storeFull(path, error)
  if (code === busy || code === locked) {
    return new MirageError({
      code: 'store.busy',
      status: 503,
      detail: `“${path}” has been locked by another process for too long. Look for a second Mirage on this directory.`,
      retryable: true,
      cause: error,
    })
  }
  if (code === corrupt || code === notADatabase || isSchemaChanged(error)) {
    return new MirageError({
      code: 'store.damaged',
      status: 500,
      detail: `“${path}” is damaged: ${messageOf(error)}. “mirage doctor” says what to do about it.`,
      cause: error,
    })
  }
  if (code === cannotOpen || code === ioError) {
    return new MirageError({
      code: 'store.unavailable',
      status: 503,
      detail: `“${path}” cannot be read or written: ${messageOf(error)}. Check the disk and the file's rights; “mirage doctor” looks at all of them.`,
      retryable: true,
      cause: error,
    })
  }
  if (isUnreadable(error)) {
    return new MirageError({
      code: 'record.damaged',
      status: 500,
      detail: `A record in “${path}” is damaged and cannot be read. “mirage doctor” says what to do about it.`,
      cause: error,
    })
  }
  if (
    system === 'EACCES' ||
    system === 'EROFS' ||
    system === 'EIO' ||
    system === 'ENOTDIR' ||
    system === 'EPERM' ||
    system === 'EEXIST'
  ) {
    return new MirageError({
      code: 'store.unavailable',
      status: 503,
      detail: `“${path}” cannot be read or written: ${messageOf(error)}.`,
      cause: error,
    })
  }
  return error
}

/** A table or column that every file of ours has is not there: the text of its schema was changed. */
function isSchemaChanged(error: unknown): boolean {
  return resultCode(error) === 1 && /^no such (table|column): /.test(messageOf(error))
}

/** What was written as JSON is none any more, or a number is larger than any that was written. */
function isUnreadable(error: unknown): boolean {
  return (
    error instanceof SyntaxError ||
    (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE')
  )
}

/** SQLITE_IOERR_FSYNC and _DIR_FSYNC: what the disk was to keep it may have lost. */
export function isFlushFailure(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 1034 || error.errcode === 1290)
}

/**
 * What is answered once a flush has failed. The system forgets what it could not write and says of the next flush that
 * all is well, so nothing that goes into this file can be relied on before it is read anew.
 */
export function flushFailed(path: string, cause: unknown): MirageError {
  return new MirageError({
    code: 'store.failed',
    status: 500,
    detail: `The disk did not take what was written to “${path}” (${messageOf(cause)}): nothing more is written there before Mirage starts again. Check the disk, then start again; “mirage doctor” looks at all files.`,
    cause,
  })
}

/** SQLITE_IOERR_WRITE, _SHMSIZE and _SHMMAP: what a full disk looks like when the shared-memory file cannot grow. */
function isWriteOrSize(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return error.errcode === 778 || error.errcode === 4874 || error.errcode === 5386
}

/** The file system has no space, or this user's share of it is used up. */
export function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/** What cannot be written to `path` for want of space: nobody's fault, and over once there is some. */
export function storeFull(path: string, cause?: unknown): MirageError {
  const detail = `No space left to write “${path}”. Free some disk space; what was stored is intact.`
  return new MirageError({ code: 'store.full', status: 507, detail, retryable: true, cause })
}
