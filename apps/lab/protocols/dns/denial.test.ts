import { afterAll, describe, expect, test } from 'vitest'
import { openAskedLab, resolver } from '../../testing/asked-lab.ts'

const asked = await openAskedLab()
const { ask, lab } = asked
afterAll(() => asked[Symbol.asyncDispose]())

interface Proof {
  name: string
  next: string
  types: string[]
}

/** The code of an answer, with its NSEC records: those it gives, and those that prove it. */
async function proofs(name: string, type: string, server = resolver, dnssec = true) {
  const { rcode, answers = [], authorities = [] } = await ask(server, name, type, { dnssec })
  const read = (records: typeof answers): Proof[] =>
    records.flatMap((record) =>
      record.type === 'NSEC' ? [{ name: record.name, next: record.data.nextDomain, types: record.data.rrtypes }] : [],
    )
  return { rcode, given: read(answers), proof: read(authorities) }
}

const zone = 'data.northwind.example'

describe('a zone that links its names', () => {
  test('gives the record of a name, each leading to the next, to the end', async () => {
    const names: string[] = []
    for (let name = zone; ;) {
      // A zone below answers for itself; the name directly behind it is this zone's.
      const [record] = (await proofs(name, 'NSEC')).given
      const found = record ?? (await proofs(name.replace('.', '\0.'), 'NSEC')).proof.find((one) => one.name === name)!
      name = found.next
      if (name === zone) break
      names.push(name.slice(0, -zone.length - 1))
    }
    expect(names).toEqual([
      'amber-sluice-9',
      'depot',
      '*.feeds',
      'ledger-q3-7f',
      'kestrel-4.west-pier',
      'zinc-archive-2',
      'zulu-mirror',
    ])
  })

  test('proves what is not there to who asks for it, and to nobody else', async () => {
    const span = { name: `depot.${zone}`, next: `*.feeds.${zone}`, types: ['NS', 'RRSIG', 'NSEC'] }
    expect(await proofs(`eel.${zone}`, 'A')).toEqual({ rcode: 'NXDOMAIN', given: [], proof: [span] })
    expect(await proofs(`ledger-q3-7f.${zone}`, 'MX')).toMatchObject({
      rcode: 'NOERROR',
      proof: [{ name: `ledger-q3-7f.${zone}`, types: ['A', 'RRSIG', 'NSEC'] }],
    })
    expect(await proofs(`eel.${zone}`, 'A', resolver, false)).toEqual({ rcode: 'NXDOMAIN', given: [], proof: [] })
    expect((await proofs('nope.northwind.example', 'A')).proof).toEqual([])
    const [server] = lab.world.addressesOf('ns1.northwind.example')
    expect(await proofs(`eel.${zone}`, 'A', server)).toEqual({ rcode: 'NXDOMAIN', given: [], proof: [span] })
  })
})

test('a zone that makes its proofs up leads nowhere, and denies no name', async () => {
  const made = 'cloud.northwind.example'
  expect((await proofs(made, 'NSEC')).given).toMatchObject([{ name: made, next: `\0.${made}` }])
  const none = await proofs(`eel.${made}`, 'A')
  expect(none).toMatchObject({ rcode: 'NOERROR', proof: [{ name: `eel.${made}`, next: `\0.eel.${made}` }] })
  expect(await proofs(`eel.${made}`, 'A', resolver, false)).toEqual({ rcode: 'NXDOMAIN', given: [], proof: [] })
})
