import { describe, expect, it } from 'vitest'
import { newId, newSecret } from './id.ts'

describe('ids', () => {
  it('say what they are of and do not repeat', () => {
    const ids = new Set(Array.from({ length: 2000 }, () => newId('run')))
    expect(ids.size).toBe(2000)
    for (const id of ids) expect(id).toMatch(/^run_[a-z2-7]{12}$/)
  })

  it('are safe in URLs and headers when they are secrets', () => {
    expect(newSecret()).toMatch(/^[\w-]{43}$/)
    expect(newSecret(16)).toHaveLength(22)
  })
})
