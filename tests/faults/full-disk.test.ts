import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../describe-with.ts'
import { demoScan, differences, Installation } from './installation.ts'
import { missingSmallDisk, mountSmallDisk, type SmallDisk } from './small-disk.ts'

const modules = 'dns-resolve dns-brute http-probe crawler tls-certificate port-scan certspotter whois'

/** Bytes; less than the 5 % below which runs wait. */
const enoughToPause = 8 << 20

describeWith('a disk that fills up in the middle of a run', missingSmallDisk(), () => {
  let installation: Installation
  let disk: SmallDisk
  let elsewhere = ''

  beforeAll(async () => {
    disk = mountSmallDisk(256)
    const dataDirectory = join(disk.folder, 'data')
    const place = join(disk.folder, 'place')
    // The lab is not what is short of space here.
    elsewhere = mkdtempSync(join(tmpdir(), 'mirage-lab-'))
    mkdirSync(dataDirectory)
    symlinkSync(elsewhere, join(dataDirectory, 'lab'))
    mkdirSync(place)
    // What is under way goes on until it is taken back, half a second later at most.
    const variables = { MIRAGE_DATA_COLLECTION__TASKS: '16' }
    installation = await Installation.create({ place, dataDirectory, variables })
  })
  afterAll(async () => {
    await installation?.[Symbol.asyncDispose]()
    disk[Symbol.dispose]()
    rmSync(elsewhere, { recursive: true, force: true })
  })

  function ballast(): string[] {
    return globSync(join(disk.folder, 'data', 'ballast'))
  }

  /** Takes all the space there is until what was kept back is given, and none of that. */
  async function fillUp(filler: FileHandle): Promise<void> {
    for (;;) {
      const { size } = await filler.stat()
      await take(filler, 0)
      if (ballast().length > 0) continue
      // It may have gone while this was written.
      return filler.truncate(size)
    }
  }

  /** Takes what is free beyond `left` bytes; logs of SQLite that are done with give space back. */
  async function take(filler: FileHandle, left: number): Promise<void> {
    await filler.write(Buffer.alloc(Math.max(0, disk.freeBytes() - left))).catch(() => undefined)
  }

  it(
    'makes it wait with a message; pause works, nothing is corrupt, and it ends as if nothing had been',
    { timeout: 240_000 },
    async () => {
      const first = await installation.rows(...demoScan(modules, '--quiet'))
      const undisturbed = await installation.result(first.at(-1)!['run'] as string)
      expect(ballast(), 'space that is kept back').toHaveLength(1)

      const command = installation.start(...demoScan(modules, '--quiet'))
      await command.says('"module":"crawler"')
      await using filler = await open(join(disk.folder, 'filler'), 'a')
      await fillUp(filler)
      let row = {}
      while (!JSON.stringify(row).includes('"waitingFor":"space')) {
        await take(filler, enoughToPause)
        const listed = await installation.run('runs', '--json')
        row = JSON.parse(listed.stdout.split('\n')[0] || '{}') as object
      }
      expect(row).toMatchObject({ status: 'running' })
      expect(ballast(), 'what was kept back is given for as long as the disk is full').toEqual([])
      const paused = await installation.run('pause', 'last')
      expect(paused, paused.stderr).toMatchObject({ code: 0 })
      command.child.kill('SIGINT')
      expect((await command.ended).code).toBe(130)
      expect(damages(installation.dataDirectory)).toEqual([])

      await filler.truncate(0)
      const rows = await installation.rows('resume', 'last', '--json', '--quiet')
      const summary = rows.at(-1)!
      expect(summary).toMatchObject({ kind: 'summary', status: 'finished', losses: 0 })
      expect(differences(undisturbed, await installation.result(summary['run'] as string))).toEqual([])
      expect(damages(installation.dataDirectory)).toEqual([])
    },
  )
})

/** What SQLite itself says about every file. */
function damages(folder: string): string[] {
  return globSync('**/*.db', { cwd: folder }).flatMap((file) => {
    using database = new DatabaseSync(join(folder, file))
    const { integrity_check: found } = database.prepare('pragma integrity_check').get() as { integrity_check: string }
    return found === 'ok' ? [] : [`${file}: ${found}`]
  })
}
