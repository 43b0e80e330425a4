import type { EntityRef } from '@mirage/model/entity.ts'
import { placeOf } from '@mirage/model/place.ts'
import { specialName } from '@mirage/model/special-name.ts'
import { type SpecialRange, specialRange } from '@mirage/model/special-range.ts'

const shown = 5
const howToAllow =
  'For a network that is yours, set scan-orchestration.allowPrivateTargets and data-collection.allowPrivateTargets to true; to try things out, use --lab.'

/** Seeds in ranges that are not the public Internet, with their range: refused unless private targets are allowed. */
export function refusedSeeds(seeds: EntityRef[]): Map<EntityRef, SpecialRange> {
  return new Map(seeds.flatMap((seed) => rangesOf(seed).map((range) => [seed, range] as const)))
}

/** What is refused and how to allow it, for people; empty where nothing is. */
export function refusalInWords(refused: Map<EntityRef, SpecialRange>): string[] {
  if (refused.size === 0) return []
  const some = [...refused].slice(0, shown).map(([{ value }, range]) => `${value} (${range})`)
  const more = refused.size - some.length
  return [
    `Nothing is asked about ${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}: not the public Internet.`,
    howToAllow,
  ]
}

/**
 * Seeds whose names are outside the public DNS: sources are asked what they know of them, but no resolver is, and nothing
 * there is contacted. Empty where there are none.
 */
export function namesInWords(seeds: EntityRef[], allowPrivate: boolean): string[] {
  const names = seeds.flatMap((seed) => {
    const place = placeOf(seed)
    const kind = place?.at === 'name' && !place.name.endsWith('.onion') ? specialName(place.name) : undefined
    return kind === undefined || (allowPrivate && kind === 'private-network') ? [] : [seed.value]
  })
  if (names.length === 0) return []
  const more = names.length > shown ? ` and ${names.length - shown} more` : ''
  return [
    `No resolver is asked about ${names.slice(0, shown).join(', ')}${more}, and nothing there is contacted: not a name of the public DNS.`,
    ...(allowPrivate ? [] : [howToAllow]),
  ]
}

function rangesOf(seed: EntityRef): SpecialRange[] {
  const place = placeOf(seed)
  const ends = place?.at === 'address' ? [place.bytes] : place?.at === 'block' ? [place.first, place.last] : []
  return ends.flatMap((bytes) => specialRange(bytes) ?? []).slice(0, 1)
}
