import { hkdfSync } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { Call } from './contract.ts'
import type { Clock } from './clock.ts'
import { MirageError } from './errors.ts'

/** What an internal token says: who calls, where, and what they may. */
export type Claims = Pick<Call, 'caller' | 'workspace' | 'rights'>

const lifetimeMs = 300_000
const remembered = 10_000

/**
 * Signed tokens between services, in one process as much as between machines, so that one process hides no missing
 * check. HS256 under a key derived from the installation's master key. Each is signed and verified once and then
 * remembered until it expires.
 */
export interface Tokens {
  issue(claims: Claims): Promise<string>
  /** Throws 401 `request.unauthenticated` for a token that is forged, expired or not ours. */
  verify(token: string): Promise<Claims>
}

export function openTokens(masterKey: Uint8Array, clock: Clock): Tokens {
  const key = new Uint8Array(hkdfSync('sha256', masterKey, '', 'mirage service tokens', 32))
  const issued = new Map<string, { token: string; until: number }>()
  const verified = new Map<string, { claims: Claims; until: number }>()

  return {
    async issue(claims) {
      const name = JSON.stringify(claims)
      const known = issued.get(name)
      if (known && known.until - clock.now() > lifetimeMs / 2) return known.token
      const until = clock.now() + lifetimeMs
      const token = await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime(Math.floor(until / 1000))
        .sign(key)
      remember(issued, name, { token, until })
      return token
    },
    async verify(token) {
      const known = verified.get(token)
      if (known && known.until > clock.now()) return known.claims
      try {
        const { payload } = await jwtVerify<Claims>(token, key, {
          algorithms: ['HS256'],
          currentDate: new Date(clock.now()),
        })
        const claims: Claims = { caller: payload.caller, workspace: payload.workspace, rights: payload.rights }
        remember(verified, token, { claims, until: payload.exp! * 1000 })
        return claims
      } catch (cause) {
        throw new MirageError({
          code: 'request.unauthenticated',
          status: 401,
          detail: 'This call carries no valid token. Send an API key as “Authorization: Bearer <key>”.',
          cause,
        })
      }
    },
  }
}

function remember<T>(map: Map<string, T>, name: string, value: T): void {
  if (map.size >= remembered) map.clear()
  map.set(name, value)
}
