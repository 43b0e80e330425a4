import type { Query } from './query.ts'

/** What a port reports; `port` is the one that calls. */
export interface PortEvents {
  /** `message` holds until this returns: who keeps it copies it. */
  message(port: Port, message: Buffer): void
  /** The machine of the peer refused a packet, or there is no way to it. The port stays as it is. */
  refused(port: Port, reason: string): void
  /** The port can not be used any more: nothing pending on it will be answered. */
  broken(port: Port, reason: string): void
  ready(): void
}

/** One socket to one resolver, and what was asked through it by message id. */
export interface Port {
  readonly tcp: boolean
  readonly pending: Map<number, Query>
  readonly ready: boolean
  /** `message` is taken before this returns. A failure is reported, as `refused`. */
  send(message: Buffer): void
  close(): void
}
