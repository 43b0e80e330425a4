import { contacts } from '@mirage/model/contact.ts'
import type { PlannedLane } from '../planning/plan.ts'

/** Which modules list the names on addresses, and which wait for them (`hear.ts`). */

/** How many contact classes an entity must allow for a module to work on it. */
export function needOf({ onlyInScope, contact }: PlannedLane): number {
  return onlyInScope ? contacts.length : contacts.indexOf(contact) + 1
}

/** True for a module that is asked about an address and answers with names, where that reaches nobody at the address. */
export function listsNames(lane: PlannedLane): boolean {
  return takesAddresses(lane) && lane.produces.includes('domain') && needOf(lane) < contacts.length
}

/** True for a module that works on the address itself: it waits until it is known who else is there. */
export function waitsForNames(lane: PlannedLane): boolean {
  return takesAddresses(lane) && needOf(lane) === contacts.length
}

function takesAddresses({ consumes }: PlannedLane): boolean {
  return consumes.some(({ type }) => type === 'ip-address')
}

/** Whom addresses wait for in a run with these modules: a sentence, or none where nobody waits. */
export function waitInWords(lanes: PlannedLane[]): string[] {
  const planned = lanes.filter(({ state }) => state === 'planned')
  const listing = planned.filter(listsNames)
  if (listing.length === 0 || !planned.some(waitsForNames)) return []
  const names = listing.map(({ title, perMinute }) =>
    perMinute === undefined ? title : `${title} (${perMinute} a minute)`,
  )
  return [
    `An address is scanned as such once those who know the names on it have answered, since many owners may share it: ${names.join(', ')}.`,
  ]
}
