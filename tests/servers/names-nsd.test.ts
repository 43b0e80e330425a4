import { module as dnsSweep } from '@mirage/modules/dns-sweep/module.ts'
import { module as dnsWalk } from '@mirage/modules/dns-walk/module.ts'
import { type DnsEngine, openDnsEngine } from '@mirage/network/dns/engine.ts'
import { type Nsd, startNsd } from '@mirage/network/dns/testing/nsd.ts'
import type { Session } from '@mirage/network/session.ts'
import { type TestLab, openTestLab } from '@mirage/network/testing/lab.ts'
import { testNetwork, testScope, testSession } from '@mirage/network/testing/session.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'
import { observed } from './observed.ts'

/** Modules that list names from what a server says of those that are not there, against a real nsd. */

/** Nobody checks signatures, and nsd proves what is not there in a zone whose key has one. */
const key = Buffer.alloc(64, 7).toString('base64')
const signature = `13 2 300 20361231000000 20260101000000 4711 signed.example. ${key}`
/** A zone below whose server is elsewhere, a wildcard, and a zone below that this server has as well. */
const signed = `$ORIGIN signed.example.
$TTL 300
@ SOA ns.quay.example. admin.quay.example. 1 3600 600 86400 300
@ NS ns.quay.example.
@ DNSKEY 257 3 13 ${key}
@ NSEC ant NS SOA RRSIG NSEC DNSKEY
ant TXT "x"
ant NSEC below TXT RRSIG NSEC
below NS ns.below
below NSEC *.cove NS RRSIG NSEC
ns.below A 198.18.0.53
*.cove A 198.18.0.66
*.cove NSEC zebra.deep A RRSIG NSEC
zebra.deep A 198.18.0.68
zebra.deep NSEC own A RRSIG NSEC
own NS ns.quay.example.
own NSEC @ NS RRSIG NSEC
@ RRSIG DNSKEY ${signature}
@ RRSIG SOA ${signature}
${['@', 'ant', 'below', '*.cove', 'zebra.deep', 'own'].map((name) => `${name} RRSIG NSEC ${signature}`).join('\n')}
`
const start = '$TTL 600\n@ SOA ns.quay.example. admin.quay.example. 1 3600 600 86400 300\n@ NS ns.quay.example.\n'

describeWith('names of zones and blocks, from a real nsd', missingPrograms('nsd'), () => {
  let nsd: Nsd
  let engine: DnsEngine
  let lab: TestLab
  let session: Session

  beforeAll(async () => {
    nsd = await startNsd([
      { name: 'signed.example', text: signed },
      { name: 'own.signed.example', text: `${start}hidden A 198.18.0.69\n` },
      {
        name: '0.18.198.in-addr.arpa',
        text: `${start}10 PTR quay.example.\n20 CNAME 20.0-31\n20.0-31 PTR web.quay.example.\n25 PTR mail.quay.example.\n25 PTR smtp.quay.example.\n`,
      },
      { name: '1.18.198.in-addr.arpa', text: `${start}* PTR unused.quay.example.\n7 PTR seven.quay.example.\n` },
      {
        name: '8.b.d.0.1.0.0.2.ip6.arpa',
        text: `${start}0.1${'.0'.repeat(22)} PTR six.quay.example.\n1${'.0'.repeat(18)}.a.b.c.d.0 PTR deep.quay.example.\n*.f PTR any.quay.example.\n`,
      },
    ])
    engine = openDnsEngine()
    lab = await openTestLab()
    session = testSession(testNetwork({ engine }), {
      scope: testScope(['signed.example', '198.18.0.0/23', '2001:db8::/32']),
      dialMap: { ...lab.dialMap, udp: { '198.18.0.53:53': `127.0.0.1:${nsd.port}` } },
    })
  })
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
    await engine?.[Symbol.asyncDispose]()
    await nsd?.[Symbol.asyncDispose]()
  })

  it('dns-walk: every name of a zone that links them, past zones below', async () => {
    const { lines, findings, end } = await observed(dnsWalk, session, 'domain:signed.example')
    expect(end).toMatchObject({ outcome: 'found', counts: { dropped: 0 } })
    expect(lines).toEqual([
      '-subdomain-> domain:ant.signed.example',
      '-subdomain-> domain:below.signed.example',
      '-subdomain-> domain:cove.signed.example #wildcard',
      '-subdomain-> domain:own.signed.example',
      '-subdomain-> domain:zebra.deep.signed.example',
    ])
    expect(findings).toEqual(['low dns-walk.open: domain:signed.example'])
    for (const silent of ['own.signed.example', 'ant.signed.example'])
      expect(await observed(dnsWalk, session, `domain:${silent}`)).toMatchObject({
        lines: [],
        findings: [],
        end: { outcome: 'empty' },
      })
  })

  it('dns-sweep: the names of blocks of both families, and none that a wildcard makes up', async () => {
    const found = async (block: string): Promise<string[]> => {
      const { lines, end } = await observed(dnsSweep, session, `netblock:${block}`)
      expect(end).toMatchObject({ outcome: 'found' })
      return lines.filter((line) => line.startsWith('ip-address:'))
    }
    expect(await found('198.18.0.0/23')).toEqual([
      'ip-address:198.18.0.10 -ptr_record-> domain:quay.example {"ttl":600}',
      'ip-address:198.18.0.20 -ptr_record-> domain:web.quay.example {"ttl":600}',
      'ip-address:198.18.0.25 -ptr_record-> domain:mail.quay.example {"ttl":600}',
      'ip-address:198.18.0.25 -ptr_record-> domain:smtp.quay.example {"ttl":600}',
      'ip-address:198.18.1.7 -ptr_record-> domain:seven.quay.example {"ttl":600}',
    ])
    expect(await found('2001:db8::/32')).toEqual([
      'ip-address:2001:db8::10 -ptr_record-> domain:six.quay.example {"ttl":600}',
      'ip-address:2001:db8:dcb:a000::1 -ptr_record-> domain:deep.quay.example {"ttl":600}',
    ])
  })
})
