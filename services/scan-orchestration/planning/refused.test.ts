import { describe, expect, it } from 'vitest'
import { namesInWords, refusalInWords, refusedSeeds } from './refused.ts'
import { refOf } from '../testing/frontier.ts'

describe('targets that are not the public Internet', () => {
  it.each([
    ['ip-address:127.0.0.1', 'loopback'],
    ['ip-address:::1', 'loopback'],
    ['ip-address:169.254.169.254', 'metadata'],
    ['netblock:10.0.0.0/24', 'private'],
    ['url:http://192.168.1.1/', 'private'],
    ['ip-address:8.8.8.8', undefined],
    ['domain:example.com', undefined],
    ['username:jdoe', undefined],
  ])('%s: %s', (name, range) => {
    expect([...refusedSeeds([refOf(name)]).values()]).toEqual(range === undefined ? [] : [range])
  })

  it('are named with what would allow them, the first few of many', () => {
    const seeds = Array.from({ length: 9 }, (_, at) => refOf(`ip-address:10.0.0.${at}`))
    const [what, how] = refusalInWords(refusedSeeds([...seeds, refOf('ip-address:8.8.8.8')]))
    expect(what).toContain('10.0.0.4 (private) and 4 more: not the public Internet')
    expect(how).toContain('allowPrivateTargets')
    expect(refusalInWords(refusedSeeds([refOf('ip-address:8.8.8.8')]))).toEqual([])
  })

  it('are named where a name is not of the public DNS', () => {
    const seeds = ['domain:dc1.corp', 'domain:a.alt', 'domain:example.com', 'email:a@b.local'].map(refOf)
    const [what, how] = namesInWords(seeds, false)
    expect(what).toBe(
      'No resolver is asked about dc1.corp, a.alt, a@b.local, and nothing there is contacted: not a name of the public DNS.',
    )
    expect(how).toContain('allowPrivateTargets')
    expect(namesInWords(seeds, true)).toEqual([
      'No resolver is asked about a.alt, and nothing there is contacted: not a name of the public DNS.',
    ])
    expect(namesInWords([refOf('domain:example.com')], false)).toEqual([])
  })
})
