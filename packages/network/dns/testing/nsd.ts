import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface NsdZone {
  name: string
  /** In master file format. */
  text: string
  /** Hand the zone out to loopback. */
  transfer?: boolean
}

export interface Nsd extends AsyncDisposable {
  port: number
  /** Its configuration and zones; removed when it ends. */
  folder: string
}

/** A real `nsd` with these zones on a free loopback port, once it answers. */
export async function startNsd(zones: NsdZone[]): Promise<Nsd> {
  let complaint = ''
  // Between finding a port and taking it, another process may have taken it.
  for (let attempt = 0; attempt < 3; attempt++) {
    const nsd = await tryNsd(zones)
    if (typeof nsd !== 'string') return nsd
    complaint = nsd
  }
  throw new Error(`nsd did not start: ${complaint}`)
}

/** Or what it complained about. */
async function tryNsd(zones: NsdZone[]): Promise<Nsd | string> {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-nsd-'))
  const port = await freePort()
  const parts = zones.map(
    ({ name, transfer }) =>
      `zone:\n  name: ${name}\n  zonefile: ${name}.zone\n${transfer === true ? '  provide-xfr: 127.0.0.0/8 NOKEY\n' : ''}`,
  )
  for (const { name, text } of zones) await writeFile(join(folder, `${name}.zone`), text)
  const configuration = join(folder, 'nsd.conf')
  await writeFile(
    configuration,
    `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  zonelistfile: "${folder}/zone.list"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${parts.join('')}`,
  )
  const child = spawn('nsd', ['-d', '-c', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Servers stand where few users look.
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  const nsd: Nsd = {
    port,
    folder,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
  if (await answers(port, child)) return nsd
  await nsd[Symbol.asyncDispose]()
  return complaint
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
}

/** Asks for the root until anything comes back, or the server has ended. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  const heard = new Promise<true>((resolve) => socket.once('message', () => resolve(true)))
  const question = Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1])
  try {
    for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
      socket.send(question, port, '127.0.0.1')
      const waited = new Promise<false>((resolve) => setTimeout(resolve, 50, false))
      if (await Promise.race([heard, waited])) return true
    }
    return false
  } finally {
    socket.close()
  }
}
