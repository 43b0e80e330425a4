import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { takeLock } from '@mirage/adapters/sqlite/files/lock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { serviceNames } from '../services.ts'
import { writePrivate } from './installation.ts'

/** The service whose process is the host of a data directory: it alone writes `connection.json`. */
export const frontDoor = 'api-gateway'

/** Who runs a service of a data directory: `locks/<service>.json`, beside the lock that says whether it is still so. */
interface Holder {
  pid: number
  services: string[]
  /** The process that starts this one again when it ends. */
  supervisor?: number
}

/**
 * Takes a data directory's services for this process: a lock a service, all of them or none, always in the same order.
 * Throws `host.locked` (retryable) while another process has one of them and is the host, or belongs to it;
 * `host.apart` when it is a process of single services without a host, which waiting does not change.
 */
export function takeLocks(dataDirectory: string, services: string[], supervisor?: number): Disposable {
  const taken = new DisposableStack()
  try {
    mkdirSync(join(dataDirectory, 'locks'), { recursive: true, mode: 0o700 })
    for (const service of serviceNames.filter((name) => services.includes(name))) {
      const lock = takeLock(lockOf(dataDirectory, service))
      if (!lock) throw lockedBy(readHolder(dataDirectory, service), { dataDirectory, service, wanted: services })
      taken.use(lock)
      taken.defer(() => rmSync(holderFileOf(dataDirectory, service), { force: true }))
      sign(holderFileOf(dataDirectory, service), {
        pid: process.pid,
        services,
        ...(supervisor === undefined ? {} : { supervisor }),
      })
    }
    return taken
  } catch (error) {
    taken.dispose()
    throw error
  }
}

/** The host's lock stands in the data directory itself. */
function lockOf(dataDirectory: string, service: string): string {
  return service === frontDoor ? join(dataDirectory, 'host.lock') : join(dataDirectory, 'locks', `${service}.lock`)
}

function holderFileOf(dataDirectory: string, service: string): string {
  return join(dataDirectory, 'locks', `${service}.json`)
}

function sign(file: string, holder: Holder): void {
  try {
    writePrivate(file, JSON.stringify(holder) + '\n')
  } catch {
    // On a full disk the sentence for the next one names no process; the lock holds all the same.
  }
}

/** Undefined while the holder has the lock and has not yet said who it is. */
function readHolder(dataDirectory: string, service: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(holderFileOf(dataDirectory, service), 'utf8')) as Holder
  } catch {
    return undefined
  }
}

function lockedBy(
  holder: Holder | undefined,
  { dataDirectory, service, wanted }: { dataDirectory: string; service: string; wanted: string[] },
): MirageError {
  const who = holder ? `process ${holder.pid}` : 'another process'
  const isWhole = wanted.length === serviceNames.length
  if (!holder || holder.supervisor !== undefined || holder.services.includes(frontDoor))
    return new MirageError({
      code: 'host.locked',
      status: 409,
      detail: isWhole
        ? `The host of ${dataDirectory} is ${who}.`
        : `${service} runs already, in ${who}${holder?.services.length === serviceNames.length ? ' with all the others' : ''}. Of one data directory, each service runs once: ${dataDirectory}.`,
      retryable: true,
    })
  const others = serviceNames.filter((name) => !holder.services.includes(name))
  return new MirageError({
    code: 'host.apart',
    status: 409,
    detail: isWhole
      ? `Process ${holder.pid} runs only ${holder.services.join(', ')} of ${dataDirectory}. Stop it, or start the rest beside it: mirage serve ${others.join(' ')}`
      : `${service} runs already, in ${who}. Of one data directory, each service runs once: ${dataDirectory}.`,
  })
}
