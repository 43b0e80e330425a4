import type { Contact } from '@mirage/model/contact.ts'
import type { Peer } from './dialer.ts'
import { NetworkError, refused, unreachable } from '../error.ts'
import { type CheckedAddress, type Host, type Policy, checkAddress, checkHost, isTargetHost } from '../guard.ts'

export interface Route {
  peer: Peer
  /** The contact that asking this peer really is. */
  contact: Contact
}

/** The addresses of a name, by a lane that may ask for it at this contact. Throws when that may not be asked at all. */
export type ResolveHost = (policy: Policy, name: string, contact: Contact, signal: AbortSignal) => Promise<string[]>

/**
 * The checked way to a host, made anew for every request: the name is checked, then resolved, then every address that
 * would be tried. `pinned` is an address asked on behalf of the name: it must be one of the name's or in scope itself.
 * Addresses that are refused are left out; when none is left the first refusal is thrown.
 */
export async function routeTo(
  policy: Policy,
  host: Host,
  declared: Contact,
  { pinned, resolve, signal }: { pinned: string | undefined; resolve: ResolveHost; signal: AbortSignal },
): Promise<Route> {
  const contact = checkHost(policy, host, declared)
  if (host.address !== undefined)
    return { contact, peer: { host, addresses: [checkAddress(policy, host.address, declared)] } }
  const { name } = host
  // A proxy resolves names itself, so an address cannot be shown to be the name's: it must be in scope on its own.
  if (policy.proxied === true)
    return { contact, peer: { host, addresses: pinned === undefined ? [] : [checkAddress(policy, pinned, 'target')] } }
  if (pinned !== undefined && isTargetHost(policy, pinned))
    return { contact, peer: { host, addresses: [checkAddress(policy, pinned, contact, name)] } }
  const found = await resolve(policy, name, contact, signal)
  if (found.length === 0) throw unreachable('no-address', `${name} has no address.`)
  if (pinned !== undefined && !found.includes(pinned))
    throw refused('not-of-name', `${pinned} is not an address of ${name} and not in scope itself.`)
  return {
    contact,
    peer: { host, addresses: checkAll(policy, pinned === undefined ? found : [pinned], contact, name) },
  }
}

function checkAll(policy: Policy, addresses: string[], contact: Contact, name: string): CheckedAddress[] {
  const passed: CheckedAddress[] = []
  let refusal: NetworkError | undefined
  for (const address of addresses)
    try {
      passed.push(checkAddress(policy, address, contact, name))
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      refusal ??= error
    }
  if (passed.length === 0) throw refusal!
  return passed
}
