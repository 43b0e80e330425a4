import type { Failure } from '../error.ts'
import type { ModuleManifest } from '../manifest.ts'
import type { RawItem, Spent, Task } from '../run.ts'

/** What a process with a module of somebody else and its host say to each other. */

export type ToChild =
  | { kind: 'load'; file: string }
  | { kind: 'task'; task: Task }
  | { kind: 'answer'; id: number; value?: unknown; failure?: Failure; done?: boolean }

export type FromChild =
  | { kind: 'loaded'; manifest: ModuleManifest }
  | { kind: 'unloadable'; reason: string }
  | { kind: 'item'; raw: RawItem }
  | { kind: 'ended'; spent: Spent }
  /** A call of the transport. */
  | { kind: 'ask'; id: number; call: string; values: unknown[] }
  /** The next item of a call that answers many. */
  | { kind: 'more'; id: number }
  | { kind: 'enough'; id: number }
  | { kind: 'log'; message: string; fields?: Record<string, unknown> }
