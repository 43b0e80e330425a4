import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeFolder } from './folder.ts'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'mirage-folder-'))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

it('makes a folder with what is missing above it, for its owner only, and takes one that is there', () => {
  const path = join(place, 'a', 'b', 'c')
  makeFolder(path)
  makeFolder(path)
  expect(statSync(join(place, 'a')).mode & 0o777).toBe(0o700)
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

it('says where none can be', () => {
  writeFileSync(join(place, 'file'), '')
  expect(() => makeFolder(join(place, 'file'))).toThrow('EEXIST')
  expect(() => makeFolder(join(place, 'file', 'below'))).toThrow('ENOTDIR')
})

it.skipIf(!existsSync('/proc/self'))('comes back where the file system takes no folders', () => {
  expect(() => makeFolder('/proc/mirage')).toThrow('ENOENT')
  expect(() => makeFolder('/proc/mirage/below')).toThrow('ENOENT')
})
