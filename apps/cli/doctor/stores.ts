import { join } from 'node:path'
import type { CheckedStore } from '../host/platform.ts'
import { bytes, counted } from '../output/text.ts'
import { bad, type Check, note, ok } from './check.ts'

/** So much in a log is more than what a writer leaves there. */
const largeLog = 512 << 20

/** What was found in the files of the stores: one line for those that are whole, one for each that is not. */
export function storeChecks(dataDirectory: string, stores: CheckedStore[]): Check[] {
  const whole = stores.filter(({ faults }) => faults?.length === 0)
  const unseen = stores.filter(({ faults }) => faults === undefined)
  const damaged = stores.filter(({ faults }) => faults !== undefined && faults.length > 0)
  return [
    ...(whole.length > 0 ? [ok('stores', `${counted(whole.length, 'file')} whole, ${bytes(sizeOf(whole))}`)] : []),
    ...damaged.map((store) => bad('store', `${store.file} is damaged: ${nextStep(dataDirectory, store)}`)),
    ...(unseen.length > 0
      ? [
          note(
            'stores',
            `for want of time not looked at: ${unseen.map((store) => `${store.file} (${bytes(sizeOf([store]))})`).join(', ')}; “mirage doctor --thorough” looks as long as it takes`,
          ),
        ]
      : []),
    ...stores
      .filter(({ logBytes }) => logBytes > largeLog)
      .map(({ file, logBytes }) =>
        note(
          'store',
          `${file} has ${bytes(logBytes)} in its log that are not in the file: something reads it without end`,
        ),
      ),
  ]
}

function nextStep(dataDirectory: string, { file, faults, holds, isRebuilt, without }: CheckedStore): string {
  const found = `${faults!.join('; ').replace(/\.$/, '')}.` // of a damaged one
  const path = join(dataDirectory, file)
  if (isRebuilt)
    return `${found} It holds ${holds}, which is made again from the others: stop Mirage, delete it (rm '${path}'*), and start again.`
  return `${found} It holds ${holds}, which nothing else has: stop Mirage and restore it from a backup.${
    without === undefined ? '' : ` Without one, move it away (with ${file}-wal and -shm): ${without}.`
  }`
}

function sizeOf(stores: CheckedStore[]): number {
  return stores.reduce((sum, { bytes, logBytes }) => sum + bytes + logBytes, 0)
}
