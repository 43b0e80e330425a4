import { hash } from 'node:crypto'
import { join } from 'node:path'

/** Linux takes 107 bytes for a socket's path, macOS 103. */
const longestPath = 100

/** The Unix socket of a service; a path too long for one moves to the runtime directory. */
export function socketOf(
  { installation, runtimeDirectory }: { installation: { dataDirectory: string }; runtimeDirectory: string },
  service: string,
): string {
  const { dataDirectory } = installation
  const wanted = join(dataDirectory, 'sockets', `${service}.sock`)
  if (Buffer.byteLength(wanted) <= longestPath) return wanted
  const place = hash('sha256', dataDirectory, 'hex').slice(0, 12)
  return join(runtimeDirectory, `mirage-${place}`, `${service}.sock`)
}
