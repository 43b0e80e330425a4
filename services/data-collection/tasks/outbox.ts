import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import type { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import type { LeasedTask } from '@mirage/services/scan-orchestration/contract.ts'
import {
  type CollectionFinished,
  collectionFinished,
  type ObservationBatch,
  observationsCollected,
} from '../contract.ts'

const perBatch = 500
const longestWaitMs = 250

export interface Outbox {
  observation(observation: Observation): Promise<void>
  finding(finding: ModuleFinding): Promise<void>
  /** The last batch and the end of the attempt, in one announcement: both or none. */
  finish(end: Omit<CollectionFinished, 'run' | 'task' | 'attempt' | 'batches'>): Promise<void>
  /** Stops the clock of the batch under way. */
  close(): void
}

/** Turns what one attempt yields into numbered batches: a batch leaves when it is full, or when its first record is 250 ms old. */
export function openOutbox(
  task: LeasedTask,
  moduleVersion: number,
  announce: (events: OutgoingEvent[]) => Promise<void>,
): Outbox {
  const { run, task: number, attempt, module, workspace } = task
  let observations: Observation[] = []
  let findings: ModuleFinding[] = []
  let index = 0
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()

  function cut(): OutgoingEvent[] {
    clearTimeout(timer)
    timer = undefined
    if (observations.length + findings.length === 0) return []
    const batch: ObservationBatch = {
      run,
      task: number,
      attempt,
      index: index++,
      module,
      moduleVersion,
      observations,
      findings,
    }
    observations = []
    findings = []
    return [announcement(observationsCollected, workspace, `${run}/${number}/${attempt}/${batch.index}`, batch)]
  }

  /** One after the other, so that the end never overtakes a batch. A failure surfaces at the next call. */
  function send(events: OutgoingEvent[]): Promise<void> {
    const sent = sending.then(() => (events.length > 0 ? announce(events) : undefined))
    sending = sent
    sent.catch(() => undefined)
    return sent
  }

  function startClock(): void {
    timer ??= setTimeout(() => void send(cut()).catch(() => undefined), longestWaitMs)
  }

  return {
    async observation(observation) {
      observations.push(observation)
      if (observations.length >= perBatch) await send(cut())
      else startClock()
    },
    async finding(finding) {
      findings.push(finding)
      if (findings.length >= perBatch) await send(cut())
      else startClock()
    },
    async finish(end) {
      const last = cut()
      const finished: CollectionFinished = { run, task: number, attempt, batches: index, ...end }
      await send([...last, announcement(collectionFinished, workspace, `${run}/${number}/${attempt}`, finished)])
    },
    close() {
      clearTimeout(timer)
    },
  }
}
