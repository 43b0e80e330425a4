import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Claims, openTokens } from './token.ts'

const key = new Uint8Array(32).fill(1)
const claims: Claims = { caller: { kind: 'service', id: 'toys' }, workspace: 'default', rights: ['a:read'] }

function turnable(): { now(): number; at: number } {
  return {
    at: Date.UTC(2026, 0, 1),
    now() {
      return this.at
    },
  }
}

const refusal = expect.objectContaining({ code: 'request.unauthenticated', status: 401 })

describe('service tokens', () => {
  it('say what they were issued for', async () => {
    const tokens = openTokens(key, turnable())
    expect(await tokens.verify(await tokens.issue(claims))).toEqual(claims)
    expect(await openTokens(key, turnable()).verify(await tokens.issue(claims))).toEqual(claims)
  })

  it('end, also where they are remembered', async () => {
    const clock = turnable()
    const tokens = openTokens(key, clock)
    const token = await tokens.issue(claims)
    await tokens.verify(token)
    clock.at += 299_000
    await tokens.verify(token)
    clock.at += 2_000
    await expect(tokens.verify(token)).rejects.toEqual(refusal)
  })

  it('are issued anew before they end', async () => {
    const clock = turnable()
    const tokens = openTokens(key, clock)
    const first = await tokens.issue(claims)
    expect(await tokens.issue(claims)).toBe(first)
    clock.at += 200_000
    expect(await tokens.issue(claims)).not.toBe(first)
  })

  it('are refused when forged, unsigned, of another installation or nothing at all', async () => {
    const clock = turnable()
    const tokens = openTokens(key, clock)
    const good = await tokens.issue(claims)
    const [header, , signature] = good.split('.')
    const payload = Buffer.from(JSON.stringify({ ...claims, rights: ['*'], exp: 4e9 })).toString('base64url')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const elsewhere = await openTokens(new Uint8Array(32).fill(2), clock).issue(claims)
    const withMasterKey = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(4e9)
      .sign(key)
    for (const token of ['', 'x', `${header}.${payload}.${signature}`, `${none}.${payload}.`, elsewhere, withMasterKey])
      await expect(tokens.verify(token)).rejects.toEqual(refusal)
  })
})
