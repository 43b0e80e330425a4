import type { TrafficEntry } from '@mirage/lab/lab.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Installation } from '../faults/installation.ts'

/** Names under the target's registrable domain, and the reverse names of its addresses. */
const aboutTarget = /(^|[ .])northwind\.example$|\.in-addr\.arpa$|\.ip6\.arpa$/

describe('who learns of the target', () => {
  let installation: Installation
  beforeAll(async () => void (installation = await Installation.create()))
  afterAll(() => installation?.[Symbol.asyncDispose]())

  async function trafficOf(...options: string[]): Promise<{ traffic: TrafficEntry[]; found: number }> {
    await installation.control('POST', '/clear-log')
    const rows = await installation.rows('scan', 'northwind.example', '--lab', '--json', '--quiet', ...options)
    return { traffic: await installation.traffic(), found: rows.filter(({ kind }) => kind === 'entity').length }
  }

  it(
    'with --passive: third parties alone, no packet to the target and no question about it',
    { timeout: 120_000 },
    async () => {
      const { traffic, found } = await trafficOf('--passive')
      expect(found, 'passive sources found something').toBeGreaterThan(50)
      expect(traffic.filter(({ role }) => role === 'target')).toEqual([])
      expect(traffic.filter(({ protocol, detail }) => protocol === 'dns' && aboutTarget.test(detail))).toEqual([])
      const reached = new Set(
        traffic.filter(({ by, protocol }) => by === 'client' && protocol === 'https').map(({ role }) => role),
      )
      expect([...reached]).toEqual(['provider'])
    },
  )

  it('with --contact relayed: resolvers may ask the target, we do not', { timeout: 120_000 }, async () => {
    const { traffic } = await trafficOf('--contact', 'relayed')
    expect(traffic.filter(({ by, role }) => by === 'client' && role === 'target')).toEqual([])
    expect(traffic.some(({ by, role }) => by === 'resolver' && role === 'target')).toBe(true)
  })
})
