import { closeSync, createReadStream, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Role } from '../world/network.ts'

/** One packet or request that the lab received. */
export interface TrafficEntry {
  /** ISO 8601. */
  at: string
  /** The sender: the client's address and port, or the address of the lab's resolver. */
  from: string
  /** `client`: a program under test. `resolver`: the lab's own recursive resolver, because a client asked it. */
  by: 'client' | 'resolver'
  protocol: 'dns' | 'http' | 'https' | 'tcp' | 'tls' | 'whois'
  /** The machine it was for, by name where it has one. */
  host: string
  /** Whose machine that is. */
  role: Role
  /** The question, method and path, or address and port. */
  detail: string
}

export interface TrafficLog {
  record(
    by: TrafficEntry['by'],
    from: string,
    protocol: TrafficEntry['protocol'],
    host: string,
    role: Role,
    detail: string,
  ): void
  /** When the last packet came, in milliseconds; at first when the log was opened. */
  readonly lastAt: number
  /** Forgets everything recorded so far. */
  clear(): void
  close(): void
}

/** Nothing waits longer than this to be in the file. */
const flushMs = 50
const flushBytes = 1 << 20

/** Appends to `directory/log.ndjson`, in order; at most 50 ms behind. */
export function openTrafficLog(directory: string): TrafficLog {
  mkdirSync(directory, { recursive: true })
  const file = openSync(join(directory, 'log.ndjson'), 'a')
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  let stampedMs = Date.now()
  let stamp = new Date(stampedMs).toISOString()
  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting !== '') writeSync(file, waiting)
    waiting = ''
  }
  return {
    get lastAt() {
      return stampedMs
    },
    record(by, from, protocol, host, role, detail) {
      const now = Date.now()
      if (now !== stampedMs) {
        stampedMs = now
        stamp = new Date(now).toISOString()
      }
      // Written by hand: only host and detail can hold a character that JSON escapes.
      waiting += `{"at":"${stamp}","from":"${from}","by":"${by}","protocol":"${protocol}","host":${JSON.stringify(host)},"role":"${role}","detail":${JSON.stringify(detail)}}\n`
      if (waiting.length > flushBytes) flush()
      else timer ??= setTimeout(flush, flushMs)
    },
    clear() {
      flush()
      ftruncateSync(file)
    },
    close() {
      flush()
      closeSync(file)
    },
  }
}

/** A log that keeps nothing, for measurements of speed. */
export function noTrafficLog(): TrafficLog {
  let last = Date.now()
  return {
    get lastAt() {
      return last
    },
    record: () => {
      last = Date.now()
    },
    clear: () => {},
    close: () => {},
  }
}

/** Every entry in `directory/log.ndjson`, oldest first; none when there is no log. A last line cut short is left out. */
export async function* readTrafficLog(directory: string): AsyncGenerator<TrafficEntry> {
  const file = join(directory, 'log.ndjson')
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
      if (line.endsWith('}')) yield JSON.parse(line) as TrafficEntry // written by `record`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
