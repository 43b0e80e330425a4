import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { refusalToListen } from './tcp-port.ts'

test('a port is free until somebody listens, and looking takes nothing', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await refusalToListen('127.0.0.1', port)).toBe('EADDRINUSE')
  await new Promise((resolve) => server.close(resolve))
  expect([await refusalToListen('127.0.0.1', port), await refusalToListen('127.0.0.1', port)]).toEqual([
    undefined,
    undefined,
  ])
})
