import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { entityRef } from '@mirage/model/entity.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openReplay } from '../replay.ts'
import { runModule, type Yielded } from '../run.ts'
import { moduleText, writeModule } from '../testing/folder.ts'
import { openModules } from './folder.ts'
import { type Jail, jail, noJail } from './jail.ts'

/** What a module might try; each answers with what it got. */
const attempts: Record<string, string> = {
  net: `(await import('node:net')).connect(PORT, '127.0.0.1'); return 'connected'`,
  http: `(await import('http')).get('http://127.0.0.1:PORT'); return 'sent'`,
  http2: `(await import('node:http2')).connect('http://127.0.0.1:PORT'); return 'connected'`,
  tls: `(await import('node:tls')).connect(PORT, '127.0.0.1'); return 'connected'`,
  dns: `return await (await import('node:dns/promises')).lookup('localhost')`,
  dgram: `return (await import('node:dgram')).createSocket('udp4')`,
  fetch: `return (await fetch('http://127.0.0.1:PORT')).status`,
  socket: `return new WebSocket('ws://127.0.0.1:PORT')`,
  events: `return new EventSource('http://127.0.0.1:PORT')`,
  client: `return (await import('undici')).fetch`,
  builtin: `process.getBuiltinModule('net').connect(PORT, '127.0.0.1'); return 'connected'`,
  loader: `return (await import('node:module')).createRequire('/')('net')`,
  binding: `return process.binding('tcp_wrap')`,
  linked: `return process._linkedBinding('tcp_wrap')`,
  addon: `return process.dlopen({ exports: {} }, '/x.node')`,
  common: `return (await import('./loader.cjs')).default.registerHooks`,
  data: `return await import('data:text/javascript,export * from "node:net"')`,
  made: `return await new Function('return import("node:net")')()`,
  outside: `return await import(SECRET.replace('secret.txt', 'secret.js'))`,
  worker: `return new Worker('data:text/javascript,1')`,
  threads: `return (await import('node:worker_threads')).Worker`,
  cluster: `return (await import('node:cluster')).default`,
  inspector: `return (await import('node:inspector')).open()`,
  wasi: `return (await import('node:wasi')).WASI`,
  sqlite: `return (await import('node:sqlite')).DatabaseSync`,
  shell: `return (await import('node:child_process')).execSync('id').toString()`,
  exec: `return process.execve('/bin/true', ['true'], {})`,
  stream: `return new process.stderr.constructor().connect({ path: SOCKET })`,
  terminal: `return new console._stderr.constructor().connect({ path: SOCKET })`,
  handles: `return process._getActiveHandles()[0].constructor`,
  channel: `return process.channel.constructor`,
  send: `return String(process.send({ kind: 'ended' }))`,
  file: `return (await import('node:fs')).readFileSync(SECRET, 'utf8')`,
  bytes: `return (await import('node:fs')).readFileSync(Buffer.from(SECRET), 'utf8')`,
  climb: `return (await import('node:fs')).readFileSync(HERE + '/../../secret.txt', 'utf8')`,
  neighbour: `return (await import('node:fs')).readFileSync(HERE + '-neighbour/module.ts', 'utf8')`,
  blob: `return await (await (await import('node:fs')).openAsBlob(SECRET)).text()`,
  list: `return (await import('node:fs')).readdirSync(SECRET.replace('secret.txt', ''))`,
  self: `return (await import('node:fs')).readFileSync('/proc/self/environ', 'utf8')`,
  host: `return (await import('node:fs')).readFileSync('/proc/${process.pid}/environ', 'utf8')`,
  memory: `return (await import('node:fs')).openSync('/proc/${process.pid}/mem')`,
  write: `(await import('node:fs')).writeFileSync(SECRET, 'x'); return 'written'`,
  here: `(await import('node:fs')).writeFileSync(HERE + '/left', 'x'); return 'written'`,
  link: `(await import('node:fs')).symlinkSync(SECRET, HERE + '/link'); return 'linked'`,
  report: `return process.report.writeReport(HERE + '/report')`,
  settings: `return process.loadEnvFile(SECRET)`,
  environment: `if (Object.keys(process.env).length > 0) return 'seen'; throw new Error('nothing there')`,
  words: `if (process.argv.length + process.execArgv.length > 0) return 'seen'; throw new Error('nothing there')`,
  kill: `process.kill(${process.pid}, 0); return 'reached'`,
  debug: `process._debugProcess(${process.pid}); return 'opened'`,
  change: `process.chdir('/'); return 'changed'`,
  user: `process.setuid(1); return 'changed'`,
  buffers: `const all = []; for (let i = 0; i < 40; i++) all.push(new Uint8Array(1 << 25).fill(1)); return all.length`,
  memories: `return new Uint8Array(new WebAssembly.Memory({ initial: 32_768 }).buffer).fill(1).length`,
}

/** Refused by the machine alone, where it bounds what a process has. */
const byMachine = ['buffers', 'memories']

/** Bodies of modules that say too much, nonsense, or what is not so. */
const bodies: Record<string, string> = {
  whole: `yield observe('text', 'x'.repeat(1 << 28))`,
  many: `yield observe('text', 'kept'); const found = observe('text', 'x'.repeat(1 << 20)); yield found`,
  deep: `let deep = {}; for (let i = 0; i < 500; i++) deep = { deep }; yield observe('text', 'a', { attributes: { deep } })`,
  circle: `const circle = {}; circle.circle = circle; yield observe('text', 'a', { attributes: { circle } })`,
  middle: `yield observe('text', 'kept'); process.exit(0)`,
  garbage: `(await import('node:fs')).writeSync(1, 'not a message at all')`,
  claims: `(await import('node:fs')).writeSync(1, Buffer.from([255, 255, 255, 255]))`,
  nonsense: `(await import('node:fs')).writeSync(1, Buffer.from([0, 0, 0, 2, 123, 125]))`,
  talks: `for (let i = 0; i < 20_000; i++) log('x'.repeat(2_000), { i }); yield observe('text', 'kept')`,
  forges: `yield observe('text', 'a', { exchange: 'of another task' })`,
  pollutes: `yield observe('text', 'a', { attributes: JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"kept":1}') })`,
  unbounded: `for (let i = 0; i < 5_000; i++) dns.resolve('a.northwind.example', 'A').catch(() => 0); yield observe('text', (await dns.resolve('a.northwind.example', 'A')).status)`,
  odd: `const said = []
  for (const ask of [() => http.text('https://a.example/', { maxBytes: NaN }), () => http.text('https://a.example/', { timeoutMs: -1 }),
    () => dns.resolve({}, 'A'), () => dns.resolve('a.example', 'NONE'), () => tls.peer('a.example', 1e9),
    async () => { for await (const one of tcp.scan('198.18.0.1', [-1, 65536])) return one }])
    said.push(await ask().then(() => 'answered', (error) => error.outcome))
  yield observe('text', said.join(' '))`,
}

const task = { run: 'run_1', entities: [entityRef('domain', 'northwind.example')] }

interface Folders extends AsyncDisposable {
  directory: string
  problems: string[]
  run(id: string, log?: (line: string) => void): Promise<Yielded[]>
}

/** Modules from folders that `write` has filled. */
async function openFolders(within: Jail, write: (folders: string, directory: string) => void): Promise<Folders> {
  const directory = mkdtempSync(join(tmpdir(), 'mirage-hostile-'))
  const folders = join(directory, 'modules')
  mkdirSync(folders)
  write(folders, directory)
  const modules = await openModules([], folders, within)
  return {
    directory,
    problems: modules.problems,
    async run(id, log = () => {}) {
      const module = await modules.entries.find((entry) => entry.id === id)!.load()
      const transport = openReplay({ dns: 'a.northwind.example NXDOMAIN' })
      const signal = new AbortController().signal
      return Array.fromAsync(runModule(module, task, transport, { signal, now: () => 0, log }))
    },
    async [Symbol.asyncDispose]() {
      await modules[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function valuesOf(all: Yielded[]): string[] {
  return all.flatMap((one) => (one.kind === 'observation' ? [one.observation.entity.value] : []))
}

/** A server that counts who comes, on loopback or at a path. */
async function countingServer(at: number | string): Promise<{ server: Server; count(): number }> {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(at, resolve))
  return { server, count: () => connections }
}

describe('a hostile module', () => {
  it.each([
    ['in the jail that this machine allows', jail()],
    ['where the machine allows none', noJail],
  ])('reaches, reads, writes and starts nothing %s', { timeout: 120_000 }, async (_where, within) => {
    const path = join(mkdtempSync(join(tmpdir(), 'mirage-socket-')), 'socket')
    const tcp = await countingServer(0)
    const local = await countingServer(path)
    await using folders = await openFolders(within, (folders, directory) => {
      const secret = join(directory, 'secret.txt')
      const here = join(folders, 'tries')
      writeFileSync(secret, 'a secret')
      writeFileSync(join(directory, 'secret.js'), 'export const secret = 1')
      writeModule(folders, 'tries-neighbour', '')
      writeModule(folders, 'tries', '')
      writeFileSync(join(here, 'loader.cjs'), 'module.exports = module.constructor')
      const { port } = tcp.server.address() as { port: number }
      const values: Record<string, unknown> = { PORT: port, SECRET: secret, SOCKET: path, HERE: here }
      const tries = Object.entries(attempts).map(([name, text]) => {
        const code = text.replaceAll(/\b(PORT|SECRET|SOCKET|HERE)\b/g, (word) => JSON.stringify(values[word]))
        return `try { const got = await (async () => { ${code} })(); yield observe('text', '${name}: ' + String(got)) } catch { /* refused */ }`
      })
      writeModule(folders, 'tries', moduleText('tries', `${tries.join('\n')}\nyield observe('text', 'tried')`))
    })
    const isBounded = within.words([]).includes('prlimit')
    const got = valuesOf(await folders.run('tries'))
    expect(got.filter((text) => isBounded || !byMachine.includes(text.split(':')[0]!))).toEqual(['tried'])
    expect([tcp.count(), local.count()]).toEqual([0, 0])
    tcp.server.close()
    local.server.close()
    rmSync(dirname(path), { recursive: true })
  })

  it.runIf(jail().words([]).includes('setpriv'))(
    'ends with its host, also when that is killed',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'mirage-stuck-'))
      writeModule(directory, 'stuck', moduleText('stuck', `for (;;) { /* lets nobody in */ }`))
      const script = join(import.meta.dirname, '..', 'testing', 'host.ts')
      const host = spawn(process.execPath, [script, join(directory, 'stuck')], { stdio: ['ignore', 'pipe', 'inherit'] })
      await new Promise((resolve) => host.stdout.once('data', resolve))
      const isThere = (): boolean =>
        readdirSync('/proc').some((name) => {
          try {
            return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`=${directory}`)
          } catch {
            return false // it has ended since
          }
        })
      expect(isThere()).toBe(true)
      host.kill('SIGKILL')
      await expect.poll(isThere, { timeout: 60_000 }).toBe(false)
      rmSync(directory, { recursive: true })
    },
    90_000,
  )

  describe('among others', () => {
    let folders: Folders
    beforeAll(async () => {
      folders = await openFolders(jail(), (folders, directory) => {
        for (const [id, body] of Object.entries(bodies)) writeModule(folders, id, moduleText(id, body))
        writeModule(folders, 'linked', moduleText('linked', ''))
        symlinkSync(directory, join(folders, 'linked', 'key'))
      })
    }, 120_000)
    afterAll(() => folders[Symbol.asyncDispose]())

    it('whose folder has a link that leads out of it is left out', () => {
      expect(folders.problems).toEqual([
        expect.stringContaining('linked” is left out: its link “key” leads out of the folder'),
      ])
    })

    it.each([
      ['whole', /it said more at once than it may|its process ended/],
      ['many', /more in one piece than is recorded/],
      ['deep', /nested too deeply/],
      ['circle', /circular/],
      ['middle', /its process ended with 0/],
      ['garbage', /said more at once than it may/],
      ['claims', /said more at once than it may/],
      ['nonsense', /said what is no message/],
    ])('that says too much or nonsense (%s) fails alone', { timeout: 60_000 }, async (id, reason) => {
      const all = await folders.run(id)
      expect(valuesOf(all).every((value) => value === 'kept')).toBe(true)
      expect(all.at(-1)).toMatchObject({ kind: 'end', outcome: 'failed', reason: expect.stringMatching(reason) })
    })

    it('that talks without end is heard for a while', async () => {
      const lines: string[] = []
      expect(valuesOf(await folders.run('talks', (line) => lines.push(line)))).toEqual(['kept'])
      expect(lines).toHaveLength(1_000)
      expect(lines[0]).toHaveLength(1_000)
      expect(lines.at(-1)).toBe('It says more than is kept.')
    })

    it('names no evidence that it was not given', async () => {
      const [first] = await folders.run('forges')
      expect(first).toMatchObject({ kind: 'observation' })
      expect(first).not.toHaveProperty('observation.exchange')
    })

    it('gives nothing of ours another prototype', async () => {
      const [first] = await folders.run('pollutes')
      expect(first).toMatchObject({ observation: { attributes: { kept: 1 } } })
      expect(({} as { polluted?: number }).polluted).toBeUndefined()
    })

    it('asks as much as it likes, a bounded number of questions at a time', async () => {
      expect(valuesOf(await folders.run('unbounded'))).toEqual(['NXDOMAIN'])
    })

    it('is answered that what it asks makes no sense', async () => {
      expect(valuesOf(await folders.run('odd'))).toEqual(['failed failed failed failed failed failed'])
    })
  })
})
