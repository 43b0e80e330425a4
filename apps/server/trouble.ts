import { messageOf, MirageError } from '@mirage/kit/errors.ts'

/** What the system says of a file, in words. */
const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'it is no folder',
  EEXIST: 'it is no folder',
  ERR_SQLITE_ERROR: 'a file in it cannot be opened for writing',
}

/**
 * What kept a start from succeeding, where the person can do something about it: a data directory that is not theirs, a
 * port that another program has. Anything else as it is.
 */
export function explained(error: unknown, dataDirectory: string): unknown {
  const { code, syscall, port, address } = error as { code?: string; syscall?: string; port?: number; address?: string }
  if (error instanceof MirageError || code === undefined) return error
  if (syscall === 'listen' && port !== undefined)
    return new MirageError({
      code: 'server.port_unavailable',
      status: 500,
      detail:
        code === 'EADDRINUSE'
          ? `Another program listens on port ${port} of ${address}. Choose another port: mirage serve --port ${port + 1}`
          : `Nobody may listen on port ${port} of ${address} here (${code}). Choose another: mirage serve --port 8000`,
      cause: error,
    })
  const reason = syscall === 'mkdir' && code === 'ENOENT' ? 'no folder can be made there' : reasons[code]
  if (reason === undefined) return error
  return new MirageError({
    code: 'installation.unusable',
    status: 500,
    detail: `The data directory ${dataDirectory} cannot be used: ${reason} (${messageOf(error)}). Make it yours, or set MIRAGE_DATA to another; “mirage doctor” says what is wrong.`,
    cause: error,
  })
}
