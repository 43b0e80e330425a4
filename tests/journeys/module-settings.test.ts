import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { demoScan, Installation } from '../faults/installation.ts'

it('a setting of a module, set by HTTP or command, reaches the module', { timeout: 120_000 }, async () => {
  await using installation = await Installation.create()
  const serving = installation.start('serve', '--port', '0')
  await serving.says('API key')
  const { url, apiKey } = JSON.parse(readFileSync(join(installation.dataDirectory, 'connection.json'), 'utf8')) as {
    url: string
    apiKey: string
  }
  const ask = async (change?: object): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url}/api/v1/modules/port-scan/settings`, {
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(change ? { method: 'PATCH', body: JSON.stringify(change) } : {}),
    })
    return { status: response.status, body: await response.json() }
  }
  expect(await ask()).toMatchObject({ status: 200, body: { module: 'port-scan', given: {} } })
  expect(await ask({ set: { ports: [70_000] } })).toMatchObject({
    status: 422,
    body: { code: 'modules.settings_invalid', detail: expect.stringContaining('ports') },
  })
  expect(await ask({ set: { prots: [80] } })).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining('did you mean “ports”?') },
  })
  expect(await ask({ set: { ports: [80] } })).toMatchObject({ status: 200, body: { values: { ports: [80] } } })

  const command = await installation.run('module', 'settings', 'port-scan', 'ports=443', '--json')
  expect(JSON.parse(command.stdout)).toMatchObject({ given: { ports: [443] }, values: { ports: [443] } })
  const wrong = await installation.run('module', 'settings', 'port-scan', 'ports=many')
  expect({ code: wrong.code, names: wrong.stderr.includes('ports') }).toEqual({ code: 2, names: true })

  const rows = await installation.rows(...demoScan('dns-resolve port-scan', '--quiet'))
  const open = rows.filter((row) => row['type'] === 'open-port').map((row) => String(row['value']))
  expect(new Set(open.map((value) => value.replace(/^.*:/, '')))).toEqual(new Set(['443/tcp']))

  // What a module is no longer to look for is not gone.
  await installation.run('module', 'settings', 'port-scan', 'ports=80')
  const again = await installation.rows('rerun', 'last', '--json', '--quiet')
  expect(again.some((row) => row['type'] === 'open-port' && String(row['value']).endsWith(':443/tcp'))).toBe(false)
  const differences = await installation.rows('compare', 'last', '--json')
  const missing = differences.filter((row) => String(row['value']).endsWith(':443/tcp'))
  expect(new Set(missing.map(({ kind, reason }) => `${kind}: ${String(reason)}`))).toEqual(
    new Set(['unconfirmed: port-scan looked again, but has other settings now']),
  )
  await installation.run('module', 'settings', 'port-scan', 'ports=443')

  const address = open[0]!.replace(/:\d+\/tcp$/, '')
  const trial = await installation.run('module', 'try', 'port-scan', `ip-address:${address}`, '--lab', '--json')
  const { observations } = JSON.parse(trial.stdout) as { observations: { entity: { type: string; value: string } }[] }
  const tried = observations.filter(({ entity }) => entity.type === 'open-port').map(({ entity }) => entity.value)
  expect(tried).toEqual([`${address}:443/tcp`])

  await installation.run('module', 'settings', 'port-scan', '--unset', 'ports')
  expect(await ask()).toMatchObject({ body: { given: {} } })
  serving.child.kill('SIGTERM')
  expect((await serving.ended).code).toBe(0)
})
