import { readdirSync, readFileSync } from 'node:fs'
import { MirageError } from '@mirage/kit/errors.ts'
import { demand } from '@mirage/kit/schema.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import { parse } from 'yaml'
import { Profile } from '../contract.ts'

const folder = new URL('../profiles/', import.meta.url)

/** The shipped profiles by name. */
export function readProfiles(): Map<string, Profile> {
  const profiles = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => demand(Profile, parse(readFileSync(new URL(file, folder), 'utf8')), `profiles/${file}`))
  return new Map(profiles.map((profile) => [profile.name, profile]))
}

/** The profile a definition names or carries; `footprint` without one. Throws `runs.definition_invalid`. */
export function profileOf(profiles: Map<string, Profile>, wanted: string | Profile | undefined): Profile {
  if (typeof wanted === 'object') return wanted
  const name = wanted ?? 'footprint'
  const profile = profiles.get(name)
  if (profile) return profile
  throw new MirageError({
    code: 'runs.definition_invalid',
    status: 422,
    detail: `There is no profile “${name}”${didYouMean(name, [...profiles.keys()]) || '.'} There are: ${[...profiles.keys()].join(', ')}.`,
  })
}
