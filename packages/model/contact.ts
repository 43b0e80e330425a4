/**
 * Who learns of the target, weakest first: nobody; a third party that answers from what it has; a third party or a
 * recursive resolver that may contact the target because we asked; the target itself, by packets from us.
 */
export const contacts = ['none', 'stored', 'relayed', 'target'] as const

export type Contact = (typeof contacts)[number]

/** True when `contact` is no stronger than `ceiling`. */
export function isWithinContact(contact: Contact, ceiling: Contact): boolean {
  return contacts.indexOf(contact) <= contacts.indexOf(ceiling)
}
