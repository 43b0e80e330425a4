import type { RunOptions } from '../run.ts'
import type { Answering } from './answering.ts'
import type { FromChild } from './messages.ts'
import type { ModuleProcess } from './process.ts'

/** Messages that wait to be recorded before the process has to wait. */
const mostWaiting = 256
/** Bytes of one sighting or finding. */
const mostOfItem = 1 << 20
/** What is kept of one is a tree of this many levels at most: deeper ones cannot be written as text everywhere. */
const mostLevels = 16
const mostLines = 1_000
const mostOfLine = 1_000
const mostOfFields = 4_000

/** What a process says of one task, in order. */
export interface Hearing {
  /** What it yielded, or how it ended; undefined when nothing waits. */
  next(): Extract<FromChild, { kind: 'item' | 'ended' }> | undefined
  /** Resolves when there may be something new: a message, its death, or `wake`. */
  more(): Promise<void>
  wake(): void
  /** Why the process ended, if it did. */
  readonly death: string | undefined
  /** Nothing of this task is heard any more, nor held back. */
  end(): void
}

/** Hears a process for one task: its calls go to `answering`, its lines to `log`, and it waits while we are behind. */
export function openHearing(child: ModuleProcess, answering: Answering, log: RunOptions['log']): Hearing {
  const said: Extract<FromChild, { kind: 'item' | 'ended' }>[] = []
  let wake = (): void => {}
  let death: string | undefined
  let lines = 0
  let isOver = false

  function balance(): void {
    if (isOver) return
    if (said.length >= mostWaiting || answering.isBusy) child.hold()
    else child.release()
  }

  function hear(message: FromChild, bytes: number): void {
    switch (message.kind) {
      case 'ask':
      case 'more':
      case 'enough':
        void answering.asked(message).then(balance)
        return balance()
      case 'log':
        return tell(message)
      case 'item':
        if (bytes > mostOfItem) return child.end('it yielded more in one piece than is recorded')
        if (isDeeper(message.raw, mostLevels)) return child.end('it yielded what is nested too deeply')
        break
      case 'ended':
        break
      default:
        return
    }
    said.push(message)
    balance()
    wake()
  }

  function tell({ message, fields }: Extract<FromChild, { kind: 'log' }>): void {
    if (typeof message !== 'string' || ++lines > mostLines) return
    if (lines === mostLines) return log?.('It says more than is kept.')
    const isKept =
      fields !== undefined && JSON.stringify(fields).length <= mostOfFields && !isDeeper(fields, mostLevels)
    log?.(message.slice(0, mostOfLine), isKept ? fields : undefined)
  }

  child.died((reason) => {
    death = reason
    wake()
  })
  child.listen(hear)
  return {
    next() {
      const message = said.shift()
      if (message !== undefined) balance()
      return message
    },
    more: () => new Promise((resolve) => (wake = resolve)),
    wake: () => wake(),
    get death() {
      return death
    },
    end() {
      isOver = true
      child.listen(undefined)
      child.release()
    },
  }
}

/** Not by calling itself for every level there is: that is what it looks for. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
