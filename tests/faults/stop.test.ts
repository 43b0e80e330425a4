import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createClient } from '@mirage/kit/client.ts'
import { openDispatch } from '@mirage/kit/dispatch.ts'
import { startMirage } from '@mirage/server/start.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Installation } from './installation.ts'

/** The platform is stopped in order again and again in the middle of a run: no task may count as lost by its worker. */

let installation: Installation
beforeAll(async () => {
  installation = await Installation.create()
  vi.stubEnv('MIRAGE_CONFIG', join(installation.dataDirectory, 'none.yaml'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await installation?.[Symbol.asyncDispose]()
})

interface Tasks {
  leased: number
  lost: number
  open: number
}

/** As the store has them, which a process that dies leaves behind. */
function tasks(): Tasks {
  const path = join(installation.dataDirectory, 'scan-orchestration.db')
  if (!existsSync(path)) return { leased: 0, lost: 0, open: 0 }
  using database = new DatabaseSync(path, { readOnly: true })
  const sum = (what: string): string => `coalesce(sum(${what}), 0)`
  const text = `select ${sum("status = 'leased'")} leased, ${sum('lost')} lost, ${sum('closed is null')} open from task`
  return database.prepare(text).get() as unknown as Tasks // the three columns above
}

it('gives every task back before it has stopped', async () => {
  const { dataDirectory } = installation
  let stops = 0
  for (let run: string | undefined; stops < 8; stops++) {
    const server = await startMirage({ dataDirectory })
    await using dispatch = openDispatch({
      addressOf: () => ({ socket: join(dataDirectory, 'sockets', 'api-gateway.sock') }),
      authorization: () => `Bearer ${server.apiKey}`,
    })
    const client = createClient(scans, dispatch.wire)
    try {
      const definition = {
        seeds: [{ type: 'domain' as const, value: 'northwind.example' }],
        modules: ['dns-resolve', 'crtsh', 'http-probe', 'crawler', 'tls-certificate', 'port-scan'],
        lab: { size: 'demo', seed: 7 },
      }
      run ??= (await client.createRun({ definition })).run
      const { status } = await client.getRun({ run })
      if (status !== 'running') break
      await vi.waitFor(() => expect(tasks().leased).toBeGreaterThan(0), { timeout: 30_000, interval: 5 })
    } finally {
      await server[Symbol.asyncDispose]()
    }
    expect({ stops, ...tasks() }).toMatchObject({ leased: 0, lost: 0 })
  }
  expect(stops).toBeGreaterThan(2)
})
