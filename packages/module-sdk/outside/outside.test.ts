import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entityRef } from '@mirage/model/entity.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManifestEntry } from '../manifest.ts'
import { openReplay } from '../replay.ts'
import { runModule, type Yielded } from '../run.ts'
import { moduleText, writeModule } from '../testing/folder.ts'
import { openModules, type OutsideModules } from './folder.ts'
import { jail } from './jail.ts'
import { startModuleProcess } from './process.ts'

const directory = mkdtempSync(join(tmpdir(), 'mirage-outside-'))
let modules: OutsideModules
beforeAll(async () => {
  writeModule(
    directory,
    'honest',
    moduleText(
      'honest',
      `const answer = await http.json('https://honest.example/hosts', t.Object({ hosts: t.Array(t.String()) }))
    for (const host of answer?.hosts ?? []) yield observe('domain', host, { via: 'subdomain' })
    yield observe('domain', settings.word + '.' + entity.value, { via: 'subdomain' })
    yield observe('email', 'undeclared@northwind.example')
    for await (const { name, status } of dns.resolveMany([{ name: 'a.northwind.example', type: 'A' }]))
      yield observe('text', name + ' ' + status)
    log('done', { entity: entity.value })`,
    ),
  )
  writeModule(
    directory,
    'crash',
    moduleText('crash', `yield observe('domain', 'kept.' + entity.value); process.exit(3)`),
  )
  writeModule(
    directory,
    'crowd',
    moduleText('crowd', `const all = []; for (;;) all.push(new Array(100_000).fill(entity.value + all.length))`),
  )
  writeModule(directory, 'stuck', moduleText('stuck', `for (;;) { /* never ends, and lets nobody else in */ }`))
  writeModule(directory, 'other-name', moduleText('another', ''))
  writeModule(directory, 'broken', 'this is no TypeScript')
  writeModule(directory, 'crtsh', moduleText('crtsh', ''))
  modules = await openModules([{ id: 'crtsh' } as ManifestEntry], directory) // only its id is looked at
}, 60_000)
afterAll(async () => {
  await modules[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

async function run(id: string, signal = new AbortController().signal): Promise<Yielded[]> {
  const module = await modules.entries.find((entry) => entry.id === id)!.load()
  const transport = openReplay({
    http: [{ url: 'https://honest.example/hosts', body: '{"hosts":["WWW.northwind.example.","not a name"]}' }],
    dns: 'a.northwind.example NXDOMAIN',
  })
  const task = { run: 'run_1', entities: [entityRef('domain', 'northwind.example')], settings: { word: 'mail' } }
  return Array.fromAsync(runModule(module, task, transport, { signal, now: () => 0 }))
}

const valuesOf = (all: Yielded[]): string[] =>
  all.flatMap((one) => (one.kind === 'observation' ? [one.observation.entity.value] : []))

describe('modules from a folder', () => {
  it('are listed beside the shipped ones, and what is none is named', () => {
    expect(modules.entries.map(({ id }) => id)).toEqual(['crtsh', 'crash', 'crowd', 'honest', 'stuck'])
    expect(modules.entries.find(({ id }) => id === 'honest')).toMatchObject({
      contact: 'stored',
      produces: ['domain', 'text'],
    })
    expect(modules.problems).toEqual([
      expect.stringContaining('broken” is left out'),
      expect.stringContaining('crtsh” is left out: a module that ships with Mirage has that id'),
      expect.stringContaining('its id is “another”, and its folder “other-name”'),
    ])
  })

  it('send through the host, and what they yield is recorded as what other modules yield', async () => {
    const all = await run('honest')
    expect(valuesOf(all)).toEqual(['www.northwind.example', 'mail.northwind.example', 'a.northwind.example NXDOMAIN'])
    expect(all.at(-1)).toMatchObject({ kind: 'end', outcome: 'found', counts: { requests: 1, queries: 1, dropped: 2 } })
  })

  it('fail alone when their process dies, and what they said before is kept', async () => {
    const all = await run('crash')
    expect(valuesOf(all)).toEqual(['kept.northwind.example'])
    expect(all.at(-1)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('its process ended with 3') })
    expect((await run('crowd')).at(-1)).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('its process ended'),
    })
    expect((await run('honest')).at(-1)).toMatchObject({ outcome: 'found' })
  }, 60_000)

  it('outlive what tells their host to stop: it ends them when their tasks have ended', async () => {
    const child = startModuleProcess(join(directory, 'crash'), jail())
    const hear = async (): Promise<string> => {
      const loaded = new Promise<string>((resolve) => child.listen(({ kind }) => resolve(kind)))
      child.say({ kind: 'load', file: join(directory, 'crash', 'module.ts') })
      return Promise.race([loaded, child.ended])
    }
    expect(await hear()).toBe('loaded')
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(child.pid!, signal)
    expect(await hear()).toBe('loaded')
    process.kill(-child.pid!, 0) // throws where there is no such group: what reaches ours does not reach it
    child.end()
    expect(await child.ended).toMatch('SIGKILL')
  })

  it('end when they are told to, whatever they do', async () => {
    const stop = new AbortController()
    const running = run('stuck', stop.signal)
    setTimeout(() => stop.abort(), 500)
    expect((await running).at(-1)).toMatchObject({ kind: 'end', outcome: 'cancelled' })
  })
})
