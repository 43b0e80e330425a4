import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openLog } from './log.ts'

const directory = mkdtempSync(join(tmpdir(), 'mirage-log-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** The lines of a log file, once it has so many. */
async function linesOf(file: string, count: number): Promise<Record<string, unknown>[]> {
  for (;;) {
    let text = ''
    try {
      text = readFileSync(file, 'utf8')
    } catch {
      // not there yet
    }
    const lines = text.split('\n').filter((line) => line !== '')
    if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a log', () => {
  it('keeps message, fields and errors, and no secret', async () => {
    const file = join(directory, 'logs', 'mirage.ndjson')
    const log = openLog({ file }).child({ service: 'toys' })
    log.debug('not this')
    log.info('A key was set', {
      name: 'SHODAN_API_KEY',
      key: 'k1',
      request: { authorization: 'Bearer k2', path: '/a' },
    })
    log.error('It broke', { error: new Error('outer', { cause: new Error('inner') }) })
    const [first, second] = await linesOf(file, 2)
    expect(first).toMatchObject({
      message: 'A key was set',
      service: 'toys',
      name: 'SHODAN_API_KEY',
      key: '[secret]',
      request: { authorization: '[secret]', path: '/a' },
    })
    expect(second).toMatchObject({
      error: { message: 'outer', cause: 'inner', stack: expect.stringContaining('log.test') },
    })
    expect(readFileSync(file, 'utf8')).not.toMatch(/k1|k2/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is turned over when it has grown', async () => {
    const file = join(directory, 'grown.ndjson')
    writeFileSync(file, Buffer.alloc((32 << 20) + 1, 'x'))
    openLog({ file }).info('anew')
    expect(await linesOf(file, 1)).toMatchObject([{ message: 'anew' }])
    expect(statSync(`${file}.1`).size).toBe((32 << 20) + 1)
  })
})
