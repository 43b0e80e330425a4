import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, symlinkSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { delay, differences, Installation, quickScan } from './installation.ts'

/** Why no small disk can be made here; undefined when one can. */
function reason(): string | undefined {
  if (process.platform !== 'linux') return 'a tmpfs needs Linux'
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root'
  const folder = mkdtempSync(join(tmpdir(), 'mirage-mount-'))
  try {
    mount(folder)
    execFileSync('umount', [folder], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this machine does not let us mount a tmpfs'
  } finally {
    rmdirSync(folder)
  }
}

function mount(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', folder], { stdio: 'ignore' })
}

const unable = reason()
const modules = 'dns-resolve dns-brute http-probe crawler tls-certificate port-scan certspotter whois'

describe.skipIf(unable !== undefined)(
  `a disk that fills up in the middle of a run${unable === undefined ? '' : ` (skipped: ${unable})`}`,
  () => {
    let installation: Installation
    let disk = ''
    let elsewhere = ''

    beforeAll(async () => {
      disk = mkdtempSync(join(tmpdir(), 'mirage-disk-'))
      elsewhere = mkdtempSync(join(tmpdir(), 'mirage-lab-'))
      mount(disk)
      // The lab is not what is short of space here.
      mkdirSync(join(disk, 'data'))
      symlinkSync(elsewhere, join(disk, 'data', 'lab'))
      mkdirSync(join(disk, 'place'))
      installation = await Installation.create({ place: join(disk, 'place'), dataDirectory: join(disk, 'data') })
    })
    afterAll(async () => {
      await installation?.[Symbol.asyncDispose]()
      execFileSync('umount', ['-l', disk], { stdio: 'ignore' })
      rmdirSync(disk)
      rmSync(elsewhere, { recursive: true, force: true })
    })

    function freeBytes(): number {
      const { bavail, bsize } = statfsSync(disk)
      return bavail * bsize
    }

    /** Takes all the space there is, and what becomes free for a while. */
    async function fillUp(): Promise<void> {
      await using file = await open(join(disk, 'filler'), 'a')
      const piece = Buffer.alloc(1 << 20, 1)
      for (let bytes = freeBytes(); bytes > 0; bytes = freeBytes())
        await file.write(piece, 0, Math.min(piece.length, bytes)).catch(() => undefined)
    }

    it(
      'makes it wait with a message; pause works, nothing is corrupt, and it ends as if nothing had been',
      { timeout: 240_000 },
      async () => {
        const first = await installation.rows(...quickScan(modules, '--quiet'))
        const undisturbed = await installation.result(first.at(-1)!['run'] as string)
        const ballast = join(disk, 'data', 'ballast')
        expect(globSync(ballast), 'space that is kept back').toHaveLength(1)

        const command = installation.start(...quickScan(modules, '--quiet'))
        await command.says('"module":"crawler"')
        await fillUp()
        let row = {}
        while (!JSON.stringify(row).includes('"waitingFor":"space')) {
          await delay(200)
          const listed = await installation.run('runs', '--json')
          row = JSON.parse(listed.stdout.split('\n')[0] || '{}') as object
        }
        expect(row).toMatchObject({ status: 'running' })
        expect(globSync(ballast), 'what was kept back was given').toEqual([])
        const paused = await installation.run('pause', 'last')
        expect(paused, paused.stderr).toMatchObject({ code: 0 })
        command.child.kill('SIGINT')
        expect((await command.ended).code).toBe(130)
        expect(damages(join(disk, 'data'))).toEqual([])

        await rm(join(disk, 'filler'))
        const rows = await installation.rows('resume', 'last', '--json', '--quiet')
        const summary = rows.at(-1)!
        expect(summary).toMatchObject({ kind: 'summary', status: 'finished', losses: 0 })
        expect(differences(undisturbed, await installation.result(summary['run'] as string))).toEqual([])
        expect(damages(join(disk, 'data'))).toEqual([])
      },
    )
  },
)

/** What SQLite itself says about every file. */
function damages(folder: string): string[] {
  return globSync('**/*.db', { cwd: folder }).flatMap((file) => {
    using database = new DatabaseSync(join(folder, file))
    const { integrity_check: found } = database.prepare('pragma integrity_check').get() as { integrity_check: string }
    return found === 'ok' ? [] : [`${file}: ${found}`]
  })
}
