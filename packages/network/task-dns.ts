import type { DnsAnswer, DnsQuestion, RecordType } from '@mirage/model/exchange.ts'
import { isWithinContact } from '@mirage/model/contact.ts'
import type { DnsLane } from './dns/lane.ts'
import { NetworkError, refused } from './error.ts'
import { openFrameWriter } from './frame.ts'
import { canonicalName, checkQuestion } from './guard.ts'
import { openQueue } from './queue.ts'
import type { Task, TaskContext } from './task.ts'

/** Answers read ahead of the module before the lane is left alone. */
const readAhead = 4_096

/**
 * DNS for a task. Every name is checked before it is asked; an answer is given when the frame that holds it is
 * recorded, and what an earlier attempt recorded is not asked again. Nobody's silence is recorded.
 */
export function openTaskDns(context: TaskContext): Task['dns'] {
  const { lanes, signal, task, policy } = context
  const writer = openFrameWriter((pairs) => context.recordFrame('dns', pairs))
  let underWay = 0

  /** Throws when this name may not be asked by this task. */
  function check(name: string): void {
    if (task.contact === 'none')
      throw refused('contact-ceiling', `${task.module} declares no contact and asked for the address of ${name}.`)
    checkQuestion(policy, name, isWithinContact(task.contact, 'relayed') ? task.contact : 'relayed')
  }

  /** A run that may not relay asks by the lane that is kept apart from the target. */
  function lane(): DnsLane {
    return lanes.of(isWithinContact('relayed', policy.ceiling) ? 'relayed' : 'stored')
  }

  /** Records the answer to a question together with those that arrive at the same time; answers the frame's id. */
  function settle(question: string, answer: object | undefined): Promise<string> {
    const recorded = writer.add({ question, answer })
    if (--underWay === 0) writer.flush()
    return recorded
  }

  async function resolve(name: string, type: RecordType): Promise<DnsAnswer> {
    for await (const answer of resolveMany([{ name, type }])) return answer
    throw signal.reason
  }

  async function* resolveMany(
    questions: Iterable<DnsQuestion> | AsyncIterable<DnsQuestion>,
  ): AsyncGenerator<DnsAnswer, void, void> {
    const known = await context.remembered('dns')
    const answers = openQueue<DnsAnswer>()
    const recording = new Set<Promise<void>>()
    const stop = new AbortController()
    let refusal: unknown
    let asked = 0

    /** True when the question is to be asked; what is known is answered here. After a refusal nothing more is asked. */
    function admit(question: DnsQuestion): boolean {
      const text = textOf(question)
      if (known.has(text)) {
        answers.push(readAnswer(question, known.get(text)))
        return false
      }
      try {
        check(question.name)
        task.spend('query', 1)
      } catch (error) {
        refusal = error
        return false
      }
      asked++
      underWay++
      return true
    }

    function receive(answer: DnsAnswer): void {
      asked--
      lanes.note(answer)
      if (answer.status === 'TIMEOUT') {
        if (--underWay === 0) writer.flush()
        return answers.push(answer)
      }
      const recorded = settle(textOf(answer), storeAnswer(answer)).then(
        (exchange) => answers.push({ ...answer, exchange }),
        (error: unknown) => stop.abort(error),
      )
      recording.add(recorded)
      void recorded.then(() => recording.delete(recorded))
    }

    async function read(): Promise<void> {
      const ask =
        Symbol.iterator in questions
          ? filter(questions, admit, () => refusal !== undefined)
          : filterAsync(questions, admit, () => refusal !== undefined)
      try {
        for await (const answer of lane().resolve(ask, AbortSignal.any([signal, stop.signal]))) {
          receive(answer)
          if (answers.size > readAhead) await answers.drained()
        }
      } finally {
        underWay -= asked // stopped before they were answered
        if (underWay === 0) writer.flush()
      }
      await Promise.all(recording)
      stop.signal.throwIfAborted()
    }

    void read().then(
      () => answers.end(refusal),
      (error: unknown) => answers.end(error),
    )
    try {
      yield* answers.read()
    } finally {
      stop.abort(new NetworkError({ outcome: 'cancelled', reason: 'cancelled', detail: 'Nobody reads the answers.' }))
    }
  }

  return { resolve, resolveMany }
}

function* filter<T>(items: Iterable<T>, wanted: (item: T) => boolean, isOver: () => boolean): Generator<T, void, void> {
  for (const item of items) {
    if (wanted(item)) yield item
    if (isOver()) return
  }
}

async function* filterAsync<T>(
  items: AsyncIterable<T>,
  wanted: (item: T) => boolean,
  isOver: () => boolean,
): AsyncGenerator<T, void, void> {
  for await (const item of items) {
    if (wanted(item)) yield item
    if (isOver()) return
  }
}

function textOf({ name, type }: DnsQuestion): string {
  return `${type} ${canonicalName(name)}`
}

/** What a frame holds of an answer: nothing where the name does not exist. */
function storeAnswer({ status, records, server }: DnsAnswer): object | undefined {
  return status === 'NXDOMAIN' ? undefined : { status, records, server }
}

function readAnswer({ name, type }: DnsQuestion, stored: object | undefined): DnsAnswer {
  if (stored === undefined) return { name: canonicalName(name), type, status: 'NXDOMAIN', records: [], server: '' }
  // Written by `storeAnswer`.
  return { name: canonicalName(name), type, ...(stored as Omit<DnsAnswer, 'name' | 'type'>) }
}
