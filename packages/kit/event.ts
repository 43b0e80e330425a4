import { hash } from 'node:crypto'
import type { Static, TSchema } from 'typebox'
import { MirageError } from './errors.ts'
import { fits, misfits } from './schema.ts'

/** A fact that a service announces. Delivered at least once, in no promised order. */
export interface EventType<S extends TSchema = TSchema> {
  name: string
  schema: S
}

export function defineEvent<S extends TSchema>(name: string, schema: S): EventType<S> {
  return { name, schema }
}

/** The shape of the bus port's events, so that kit needs no port. */
export interface OutgoingEvent {
  name: string
  workspace: string
  id: string
  body: string
}

/**
 * The event as it goes on the bus. `key` names what caused it; a repeat with the same key has the same id.
 * Throws when the payload is not of the event's schema: our bug, found where it is made.
 */
export function announcement<S extends TSchema>(
  type: EventType<S>,
  workspace: string,
  key: string,
  payload: Static<S>,
): OutgoingEvent {
  if (!fits(type.schema, payload))
    throw new MirageError({
      code: 'event.invalid',
      status: 500,
      detail: `${type.name}: ${misfits(type.schema, payload).join('; ')}`,
    })
  return {
    name: type.name,
    workspace,
    id: hash('sha256', `${type.name}\n${workspace}\n${key}`, 'hex').slice(0, 32),
    body: JSON.stringify(payload),
  }
}
