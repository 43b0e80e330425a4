import { expect, test } from 'vitest'
import { asCalled } from './called.ts'

test('command lines are written as the person calls them, and nothing else changes', () => {
  const text = [
    'Usage: mirage scan [options] [targets...]',
    '  $ cat names.txt | mirage scan - --json',
    '  $ mirage rerun last && mirage compare last',
    '  $ sudo mirage lab --netns labnet',
    'There is no run “x”. “mirage runs” lists them (mirage show <run>).',
    'The data directory of mirage is /tmp/mirage here; mirage-osint/mirage',
  ].join('\n')
  expect(asCalled(text, 'npx mirage').split('\n')).toEqual([
    'Usage: npx mirage scan [options] [targets...]',
    '  $ cat names.txt | npx mirage scan - --json',
    '  $ npx mirage rerun last && npx mirage compare last',
    '  $ sudo npx mirage lab --netns labnet',
    'There is no run “x”. “npx mirage runs” lists them (npx mirage show <run>).',
    'The data directory of mirage is /tmp/mirage here; mirage-osint/mirage',
  ])
  expect(asCalled(text, 'mirage')).toBe(text)
})
