import type { Client } from '@mirage/kit/contract.ts'
import type { Clock } from '@mirage/kit/clock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Claims } from '@mirage/kit/token.ts'
import type { auth as authContract } from '@mirage/services/auth/contract.ts'

const most = 10_000

/** Who stands behind an API key, asked of auth and remembered for a moment. */
export class Callers {
  readonly #auth: Client<typeof authContract>
  readonly #clock: Clock
  readonly #rememberMs: number
  readonly #known = new Map<string, { claims: Claims | undefined; until: number }>()

  constructor(auth: Client<typeof authContract>, clock: Clock, rememberMs: number) {
    this.#auth = auth
    this.#clock = clock
    this.#rememberMs = rememberMs
  }

  /** Throws 401 `request.unauthenticated`, the same for a missing, wrong and expired key. */
  async of(authorization: string | undefined): Promise<Claims> {
    const value = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1]
    const claims = value === undefined ? undefined : await this.#find(value)
    if (claims) return claims
    throw new MirageError({
      code: 'request.unauthenticated',
      status: 401,
      detail:
        'This needs an API key: send it as “Authorization: Bearer <key>”. The server printed where its key file is.',
    })
  }

  async #find(value: string): Promise<Claims | undefined> {
    const now = this.#clock.now()
    const known = this.#known.get(value)
    if (known && known.until > now) return known.claims
    const { valid, id, workspace, rights } = await this.#auth.verifyApiKey({ value })
    const claims: Claims | undefined = valid ? { caller: { kind: 'key', id }, workspace, rights } : undefined
    if (this.#known.size >= most) this.#known.clear()
    this.#known.set(value, { claims, until: now + this.#rememberMs })
    return claims
  }
}
