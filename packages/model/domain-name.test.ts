import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  apexOf,
  canonicalName,
  displayName,
  hasKnownSuffix,
  isApex,
  isBelow,
  parentOf,
  publicSuffixList,
  publicSuffixOf,
} from './domain-name.ts'

const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9_])?$/)
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 5 }), fc.constantFrom('com', 'example', 'co.uk'))
  .map(([labels, suffix]) => [...labels, suffix].join('.'))

describe('domain names', () => {
  it('have one form, whatever their case, final dot and script', () => {
    fc.assert(
      fc.property(name, (name) => {
        expect(canonicalName(name)).toBe(name)
        expect(canonicalName(`${name.toUpperCase()}.`)).toBe(name)
      }),
    )
    expect(canonicalName('ＥＸＡＭＰＬＥ。com')).toBe('example.com')
    expect(canonicalName('BÜCHER.example')).toBe('xn--bcher-kva.example')
    expect(canonicalName('faß.de')).toBe('xn--fa-hia.de')
  })

  it('are shown in Unicode only where that reads back as the same name', () => {
    expect(displayName('xn--bcher-kva.example')).toBe('bücher.example')
    expect(displayName('xn--a.example')).toBe('xn--a.example')
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('ä', 'ß', 'é', '例', 'え', 'п', 'р', 'a', '1', '-'),
          minLength: 1,
          maxLength: 12,
        }),
        (word) => {
          const name = canonicalName(`${word}.example`)
          fc.pre(name !== undefined)
          expect(canonicalName(displayName(name))).toBe(name)
        },
      ),
    )
  })

  it.each([
    '',
    '.',
    'com',
    'localhost',
    '.com',
    'a..com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(126)}com`,
    'a.b',
    '1.2.3.4',
    'a.1',

    '*.example.com',
    'exa mple.com',
    'example.com/',
    'example.com:80',
    'http://example.com',
    'a_.b_c',
    'x.onion',
    'X.ONION',
    'ü..de',
    'a.-b-',
  ])('%j is none', (text) => {
    expect(canonicalName(text)).toBeUndefined()
  })

  it('of 253 characters with labels of 63 are allowed', () => {
    const longest = `${`${'a'.repeat(63)}.`.repeat(3)}${'b'.repeat(57)}.com`
    expect(longest.length).toBe(253)
    expect(canonicalName(longest)).toBe(longest)
    expect(canonicalName(`b${longest}`)).toBeUndefined()
  })

  it.each([
    ['www.example.co.uk', 'example.co.uk'],
    ['a.b.northwind.example', 'northwind.example'],
    ['jdoe.github.io', 'jdoe.github.io'],
    ['a.jdoe.github.io', 'jdoe.github.io'],
    ['github.io', 'github.io'],
    ['bucket.s3.amazonaws.com', 'bucket.s3.amazonaws.com'],
    ['s3.amazonaws.com', 'amazonaws.com'],
    ['_dmarc.example.com', 'example.com'],
    ['www.xn--85x722f.xn--55qx5d.cn', 'xn--85x722f.xn--55qx5d.cn'],
    ['co.uk', undefined],
  ])('%s belongs to %s', (name, apex) => {
    expect(apexOf(name)).toBe(apex)
    expect(isApex(name)).toBe(name === apex)
  })

  it('know their parents and suffixes', () => {
    expect(parentOf('a.b.com')).toBe('b.com')
    expect(parentOf('b.com')).toBeUndefined()
    expect(isBelow('a.example.com', 'example.com')).toBe(true)
    expect(isBelow('example.com', 'example.com')).toBe(false)
    expect(isBelow('notexample.com', 'example.com')).toBe(false)
    expect(publicSuffixOf('www.example.co.uk')).toBe('co.uk')
    expect(publicSuffixOf('a.northwind.nowhere')).toBe('nowhere')
    expect([
      hasKnownSuffix('a.com'),
      hasKnownSuffix('a.github.io'),
      hasKnownSuffix('a.example'),
      hasKnownSuffix('a.png'),
    ]).toEqual([true, true, true, false])
  })

  it('are judged by the list that is said', () => {
    const path = createRequire(import.meta.url).resolve('tldts/package.json')
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
    expect(publicSuffixList.source).toContain(`tldts ${version} `)
  })
})
