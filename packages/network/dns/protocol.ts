import type { MirageError } from '@mirage/kit/errors.ts'
import type { LaneStats, ProbeOptions } from './lane-options.ts'

/** What the main thread and the thread of the engine say to each other. Blocks are described in `packing.ts`. */

export interface WorkerResolver {
  /** How answers name it. */
  label: string
  /** Where packets go. */
  address: string
  port: number
  perSecond: number
}

export interface WorkerLaneOptions {
  resolvers: WorkerResolver[]
  queriesPerSecond: number
  timeoutMs: number
  attempts: number
  recursion: boolean
  edns: boolean
  mixedCase: boolean
  cacheBytes: number
  probes: ProbeOptions | undefined
}

export type ToWorker =
  | { kind: 'open'; lane: number; options: WorkerLaneOptions }
  | { kind: 'ask'; lane: number; stream: number; count: number; block: Uint8Array<ArrayBuffer> }
  | { kind: 'cancel'; lane: number; stream: number }
  | { kind: 'pause'; lane: number }
  | { kind: 'resume'; lane: number }
  | { kind: 'stats'; lane: number; call: number }
  | { kind: 'close'; lane: number; call: number }

export type FromWorker =
  | { kind: 'answers'; lane: number; stream: number; count: number; block: Uint8Array<ArrayBuffer> }
  | { kind: 'stats'; lane: number; call: number; stats: LaneStats }
  | { kind: 'closed'; lane: number; call: number }

/** How a lane reaches the thread. */
export interface Link {
  post(message: ToWorker, transfer?: ArrayBuffer[]): void
  /** Keeps the process alive while something is under way. */
  hold(): void
  release(): void
}

/** What a lane does with what the thread says. */
export interface LaneEvents {
  message(message: FromWorker): void
  /** The thread died; everything under way is lost. */
  failed(error: MirageError): void
}
