import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import { bad, type Check, note, ok } from './check.ts'

interface Secret {
  file: string
  isWhole: RegExp
  /** The next step where it is not what it was. */
  damaged: string
  /** What follows where it is not there although `besides` is. */
  missing: string
  besides: string
}

const setAgain = 'the next start makes a new one, with which stored keys of sources cannot be read: set them again'

const secrets: Secret[] = [
  {
    file: 'master.key',
    isWhole: /^([0-9a-f]{64}|[a-z0-9+/]{43}=?)$/i,
    damaged: `restore it from a backup. Without one, delete it: ${setAgain} (mirage keys)`,
    missing: `unless MIRAGE_MASTER_KEY gives it, restore it from a backup; ${setAgain} (mirage keys)`,
    besides: 'module-registry.db',
  },
  {
    file: 'api-key',
    isWhole: /^\S{16,}$/,
    damaged: 'delete it: the next start makes a new one',
    missing: 'the next start makes a new one',
    besides: 'auth.db',
  },
]

/** The keys of a data directory: whether they are there, whole, and for their owner's eyes only. */
export function checkSecrets(dataDirectory: string): Check[] {
  const found = secrets.flatMap((secret) => checkSecret(dataDirectory, secret))
  const present = secrets.map(({ file }) => file).filter((file) => existsSync(join(dataDirectory, file)))
  return found.length > 0 || present.length === 0 ? found : [ok('key files', `${present.join(', ')}, yours alone`)]
}

function checkSecret(dataDirectory: string, { file, isWhole, damaged, missing, besides }: Secret): Check[] {
  const path = join(dataDirectory, file)
  if (!existsSync(path))
    return existsSync(join(dataDirectory, besides)) ? [note('key files', `${path} is missing: ${missing}`)] : []
  try {
    const { mode } = statSync(path)
    const text = readFileSync(path, 'utf8').trim()
    return [
      ...((mode & 0o077) === 0 ? [] : [bad('key files', `${path} is open to others; close it: chmod 600 ${path}`)]),
      ...(isWhole.test(text) ? [] : [bad('key files', `${path} is damaged: ${damaged}`)]),
    ]
  } catch (error) {
    return [bad('key files', `${path} cannot be read (${messageOf(error)}); make it yours`)]
  }
}
