import { spawnSync } from 'node:child_process'

/** Programs and libraries of the machine that Node itself needs. */
const libraries = ['/lib', '/lib32', '/lib64', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/local/lib', '/nix/store']

/** Bytes that a process may have for itself: Node's own reservations, the heap, and what lies beside it. */
const mostMemory = 1 << 30

/**
 * The arguments are paths up to `--`, then the command. In a mount namespace of its own, a root is made of nothing but
 * these paths, read-only, on an empty file system over `/sys` (which every Linux has and nobody needs here), and the
 * command runs in it. Links are copied, as `/lib` is one to `/usr/lib` on many machines.
 */
const enterRoot = `
set -e
root=/sys
mount -t tmpfs -o mode=755,size=1m none $root
show() {
  mkdir -p "$root$(dirname "$1")"
  if [ -L "$1" ]; then [ -L "$root$1" ] || cp -P "$1" "$root$1"; return; fi
  if [ -d "$1" ]; then mkdir -p "$root$1"
  elif [ -e "$root$1" ]; then return
  else : > "$root$1"; fi
  mount --bind "$1" "$root$1"
  mount -o remount,bind,ro "$root$1" 2>/dev/null || true
}
while [ "$1" != -- ]; do [ ! -e "$1" ] || show "$1"; shift; done
shift
cd $root
exec chroot . "$@"
`

/** How far a process with a module of somebody else is kept apart by the machine itself. */
export interface Jail {
  /** `files`: it also sees no files, sockets and processes but its own. `nothing`: only Node's permissions and the seal hold. */
  hides: 'files' | 'network' | 'nothing'
  /** The words before the command that runs with nothing but these paths. */
  words(paths: string[]): string[]
}

/** For machines that allow none. */
export const noJail: Jail = openJail([])

let known: Jail | undefined

/** The strongest that this machine allows, tried once: namespaces of Linux, and none elsewhere. */
export function jail(): Jail {
  return (known ??= [...candidates()].find(runs) ?? noJail)
}

function* candidates(): Generator<Jail, void, void> {
  if (process.platform !== 'linux') return
  // A process that never lets anybody in does not notice that its host was killed: the kernel does.
  const tied = ['setpriv', '--pdeathsig', 'KILL', '--']
  const limits = ['prlimit', '--core=0', `--data=${mostMemory}`, '--']
  const bound = [tied, limits].filter((words) => runs(openJail(words))).flat()
  const users = [['--user', '--map-root-user'], []]
  for (const user of users) yield closedJail(bound, user)
  for (const user of [['--user'], []])
    yield { ...openJail([...bound, 'unshare', ...user, '--net', '--']), hides: 'network' }
  yield openJail(bound)
}

function openJail(words: string[]): Jail {
  return { hides: 'nothing', words: () => words }
}

function closedJail(bound: string[], user: string[]): Jail {
  // Namespaces end with their first process, and that with ours.
  const unshare = [
    'unshare',
    ...user,
    '--net',
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    '--fork',
    '--kill-child=KILL',
    '--',
  ]
  // Who waits for it is told to end with it, by whoever tells all of an installation: it ends with its child alone.
  const unmoved = ['sh', '-c', 'trap "" HUP INT TERM; exec "$@"', 'sh']
  const powerless = ['setpriv', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', '--']
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv']
  return {
    hides: 'files',
    words(paths) {
      const shown = [...libraries, ...setpriv, process.execPath, ...paths]
      return [...bound, ...unmoved, ...unshare, 'sh', '-c', enterRoot, 'sh', ...shown, '--', ...powerless]
    },
  }
}

function runs({ words }: Jail): boolean {
  const [command, ...rest] = [...words([]), process.execPath, '-e', '0']
  // With the same environment as it will have: another may find other programs.
  return spawnSync(command, rest, { env: {} }).status === 0
}
