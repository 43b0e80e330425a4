import { MirageError } from '@mirage/kit/errors.ts'
import type { Api } from '../api.ts'
import { printable } from '../output/printable.ts'
import type { People } from '../people.ts'
import type { Watcher } from './watch.ts'

/** Progress is told twice a second: about ten seconds of the same. */
const longWait = 20

/**
 * Says once what a run has waited for so long that a person would ask, and why, where a store tells: a file that is
 * damaged heals not by itself, and a run would wait for its reader for ever without a word.
 */
export function tellOfWaiting(people: People, api: Api, run: string): Watcher {
  let waited = { for: '', times: 0 }

  return {
    async progress({ waitingFor = '' }) {
      waited = waitingFor === waited.for ? { ...waited, times: waited.times + 1 } : { for: waitingFor, times: 1 }
      if (waitingFor === '' || waited.times !== longWait) return
      const trouble = await troubleOf(api, run)
      const line = `The run waits for ${printable(waitingFor)}${trouble === undefined ? '.' : `: ${printable(trouble)}`}`
      if (trouble === undefined) people.say(line)
      else people.complain(line)
    },
  }
}

/** What those who keep the run's results say is wrong with them; undefined when they answer. */
async function troubleOf(api: Api, run: string): Promise<string | undefined> {
  try {
    await api.storage.searchEntities({ run, limit: 1 })
    await api.correlation.listFindings({ run, limit: 1 })
    return undefined
  } catch (error) {
    return error instanceof MirageError ? error.detail : undefined
  }
}
