import type { Yielded } from '@mirage/module-sdk/run.ts'
import { openRedactor } from '@mirage/network/record/redact.ts'

/**
 * What a module yields, with its key in none of it. Answers reach a module without the key in them, but it has the key
 * itself: a reason that repeats the URL it asked is masked; a record that holds the key is left out and counted as
 * dropped, for its ids are made of its values.
 */
export async function* veiled(yields: AsyncIterable<Yielded>, key: string | undefined): AsyncIterable<Yielded> {
  if (key === undefined) return yield* yields
  const { text } = openRedactor([key], [])
  let dropped = 0
  for await (const yielded of yields) {
    if (yielded.kind === 'end') {
      const { reason, counts } = yielded
      yield {
        ...yielded,
        ...(reason === undefined ? {} : { reason: text(reason) }),
        counts: { ...counts, dropped: counts.dropped + dropped },
      }
      continue
    }
    const json = JSON.stringify(yielded)
    if (text(json) === json) yield yielded
    else dropped++
  }
}

/** What a module says for the log, with its key in none of it. */
export function veiledLog(
  log: (message: string, fields: Record<string, unknown>) => void,
  key: string | undefined,
): (message: string, fields?: Record<string, unknown>) => void {
  if (key === undefined) return (message, fields = {}) => log(message, fields)
  const { text } = openRedactor([key], [])
  return (message, fields = {}) =>
    log(text(message), JSON.parse(text(JSON.stringify(fields))) as Record<string, unknown>)
}
