import { describe, expect, it } from 'vitest'
import { assertShared } from './sharing.ts'

describe('services in several processes', () => {
  it.each(['bus', 'blobs'])('meet on a %s that all of them see, or do not start', (port) => {
    expect(() => assertShared(port, 'sqlite:', { shared: true })).not.toThrow()
    expect(() => assertShared(port, 'memory:', { shared: false })).toThrow(
      expect.objectContaining({
        code: 'settings.invalid',
        detail: expect.stringContaining(`stores.${port} is “memory:”, which only the process that writes it can read`),
      }),
    )
  })

  it.each(['cache', 'documents', 'sql'])('keep their own %s as they like: each of them runs once', (port) => {
    expect(() => assertShared(port, 'memory:', { shared: false })).not.toThrow()
  })
})
