import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatNetblock, blocksOfRange } from '@mirage/model/netblock.ts'
import { type LabDescription, readDescription } from './description.ts'
import { portsOf } from './protocols/real.ts'
import { pemOf } from './world/certificate.ts'
import { fleetBlock6 } from './world/network.ts'
import type { WorldSize } from './world/size.ts'
import { makeWorld, type World } from './world/world.ts'

const run = promisify(execFile)

/** Where programs inside the namespace seem to come from. */
const clientAddress = '198.18.250.1'
const clientAddress6 = '2001:db8:250::1'

const startMs = 30_000

export interface NamespaceOptions {
  /** Of the namespace, as `ip netns` knows it. It must not exist yet. */
  name: string
  size: WorldSize
  seed: number
  directory: string
}

export interface NamespaceLab extends AsyncDisposable {
  description: LabDescription
  /** Settles when the lab's process has ended, whoever ended it. */
  ended: Promise<unknown>
}

/**
 * The same world in a network namespace of its own: real addresses, real ports, its resolver in the namespace's
 * `/etc/resolv.conf`, its authority in the namespace's `/etc/ssl/certs/ca-certificates.crt`, so that any program started
 * with `ip netns exec NAME` meets it. Needs root and iproute2. Disposing ends the lab and removes the namespace.
 */
export async function startLabInNamespace(options: NamespaceOptions): Promise<NamespaceLab> {
  const { name, size, seed, directory } = options
  if (!/^[\w-]{1,32}$/.test(name))
    throw new RangeError(`"${name}" is no name for a network namespace; use letters, digits, "-" and "_"`)
  if (process.getuid?.() !== 0)
    throw new Error('A network namespace needs root; run this with sudo, or leave --netns out.')
  const world = makeWorld({ size, seed })
  await ip(['netns', 'add', name])
  const child = { ended: undefined as Promise<unknown> | undefined, pid: 0, isOver: false }
  async function dispose(): Promise<void> {
    if (child.ended) {
      if (!child.isOver) process.kill(child.pid, 'SIGTERM')
      await child.ended
    }
    await run('ip', ['netns', 'delete', name]).catch(() => {})
    rmSync(etcOf(name), { recursive: true, force: true })
  }
  try {
    await route(name, world)
    writeEtc(name, world)
    mkdirSync(directory, { recursive: true })
    const lab = spawn(
      'ip',
      ['netns', 'exec', name, process.execPath, join(import.meta.dirname, 'main.ts'), 'start'].concat([
        '--size',
        size,
        '--seed',
        String(seed),
        '--directory',
        directory,
        '--inside',
        name,
        '--idle',
        '0',
      ]),
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    await once(lab, 'spawn')
    child.pid = lab.pid!
    child.ended = once(lab, 'exit').then(() => (child.isOver = true))
    const deadline = Date.now() + startMs
    for (;;) {
      const description = readDescription(directory)
      // `ip netns exec` becomes the program it starts, so the process is the same.
      if (description && description.pid === child.pid)
        return { description, ended: child.ended, [Symbol.asyncDispose]: dispose }
      if (child.isOver || Date.now() > deadline) throw new Error(`The lab did not start in the namespace ${name}.`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Makes the namespace's own addresses of everything that the world has; all others are unreachable. */
async function route(name: string, world: World): Promise<void> {
  const { fleet } = world
  const local = [...portsOf(world).keys()].map((address) => `${address}/${address.includes(':') ? 128 : 32}`)
  if (fleet.names > 0)
    local.push(
      ...blocksOfRange(fleet.slotAddress(0), fleet.slotAddress(fleet.slots - 1)).map(formatNetblock),
      fleetBlock6,
    )
  const commands = [
    'link set lo up',
    `addr add ${clientAddress}/32 dev lo`,
    // Without duplicate detection the address is there at once, for the routes below.
    `addr add ${clientAddress6}/128 dev lo nodad`,
    ...local.map(
      (block) => `route add local ${block} dev lo src ${block.includes(':') ? clientAddress6 : clientAddress}`,
    ),
    'route add unreachable 198.18.0.0/15',
    'route add unreachable 2001:db8::/32',
  ]
  const child = run('ip', ['-n', name, '-batch', '-'])
  child.child.stdin?.end(`${commands.join('\n')}\n`)
  await child.catch(explain)
  // The world's IPv6 addresses are routed here but not assigned, and a socket is to be bound to them all the same.
  await ip(['netns', 'exec', name, 'sysctl', '-qw', 'net.ipv6.ip_nonlocal_bind=1'])
}

/** `ip netns exec` shows these files as those of `/etc`. */
function writeEtc(name: string, world: World): void {
  const etc = etcOf(name)
  mkdirSync(etc, { recursive: true })
  const resolvers = ['resolver1', 'resolver2'].map((id) => world.machines.get(id)!.addresses[0]!)
  writeFileSync(join(etc, 'resolv.conf'), resolvers.map((address) => `nameserver ${address}\n`).join(''))
  const bundle = '/etc/ssl/certs/ca-certificates.crt'
  const authority = pemOf(world.certificates.root.der)
  if (existsSync('/etc/ssl'))
    cpSync('/etc/ssl', join(etc, 'ssl'), { recursive: true, filter: (path) => !path.startsWith('/etc/ssl/private') })
  mkdirSync(join(etc, 'ssl', 'certs'), { recursive: true })
  writeFileSync(
    join(etc, 'ssl', 'certs', 'ca-certificates.crt'),
    (existsSync(bundle) ? readFileSync(bundle, 'utf8') : '') + authority,
  )
  writeFileSync(join(etc, 'ssl', 'certs', 'lab-trust.pem'), authority)
}

function etcOf(name: string): string {
  return join('/etc/netns', name)
}

async function ip(args: string[]): Promise<void> {
  await run('ip', args).catch(explain)
}

function explain(error: NodeJS.ErrnoException & { stderr?: string }): never {
  if (error.code === 'ENOENT') throw new Error('The command `ip` is missing; install iproute2.', { cause: error })
  throw new Error(`The network namespace could not be set up: ${(error.stderr ?? error.message).trim()}`, {
    cause: error,
  })
}
