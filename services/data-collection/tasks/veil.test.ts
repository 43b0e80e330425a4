import { expect, test } from 'vitest'
import { entityRef } from '@mirage/model/entity.ts'
import type { Observation } from '@mirage/model/observation.ts'
import type { Yielded } from '@mirage/module-sdk/run.ts'
import { veiled, veiledLog } from './veil.ts'

const key = 'Secret/0123456789'

function seen(value: string, more: Partial<Observation> = {}): Yielded {
  const entity = entityRef('url', value)
  return { kind: 'observation', observation: { id: entity.id, entity, key: '', at: 0, ...more } }
}

function end(reason: string): Yielded {
  const counts = { requests: 1, queries: 0, dropped: 1, observations: 3, findings: 0 }
  return { kind: 'end', outcome: 'failed', reason, counts }
}

async function* all(...yields: Yielded[]): AsyncIterable<Yielded> {
  yield* yields
}

test('a reason says what it says without the key', async () => {
  const [ended] = await Array.fromAsync(
    veiled(all(end(`https://api.example/?key=${encodeURIComponent(key)} is odd`)), key),
  )
  expect(ended).toMatchObject({ outcome: 'failed', reason: 'https://api.example/?key=[secret] is odd' })
})

test('a record that holds the key is dropped, and counted', async () => {
  const clean = seen('https://api.example/')
  const yields = [
    clean,
    seen(`https://api.example/?key=${key}`),
    seen('https://api.example/2', { attributes: { request: { headers: [key] } } }),
    end('.'),
  ]
  const kept = await Array.fromAsync(veiled(all(...yields), key))
  expect(kept).toEqual([clean, { ...end('.'), counts: { ...(end('.') as { counts: object }).counts, dropped: 3 } }])
  expect(await Array.fromAsync(veiled(all(...yields), undefined))).toEqual(yields)
})

test('the log is told everything but the key', () => {
  const lines: unknown[] = []
  veiledLog((...line) => lines.push(line), key)(`asked with ${key}`, { url: `?key=${key}`, status: 401 })
  expect(lines).toEqual([['asked with [secret]', { url: '?key=[secret]', status: 401 }]])
})
