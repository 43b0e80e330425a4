import { module as dnsBrute } from '@mirage/modules/dns-brute/module.ts'
import { module as dnsResolve } from '@mirage/modules/dns-resolve/module.ts'
import { module as dnsReverse } from '@mirage/modules/dns-reverse/module.ts'
import { module as dnsTransfer } from '@mirage/modules/dns-transfer/module.ts'
import { module as mailSecurity } from '@mirage/modules/mail-security/module.ts'
import { type DnsEngine, openDnsEngine } from '@mirage/network/dns/engine.ts'
import { type Nsd, startNsd } from '@mirage/network/dns/testing/nsd.ts'
import type { Session } from '@mirage/network/session.ts'
import { type TestLab, openTestLab } from '@mirage/network/testing/lab.ts'
import { testNetwork, testScope, testSession } from '@mirage/network/testing/session.ts'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'
import { observed } from './observed.ts'

/** The modules of DNS against a real nsd that stands for the world's resolver and for the zone's own name servers. */

const zone = `$ORIGIN quay.example.
$TTL 300
@ SOA ns1 admin 7 3600 600 86400 300
@ NS ns1
@ NS ns2
@ A 198.18.0.10
@ AAAA 2001:db8::10
@ MX 10 mail
@ MX 20 mx.relay.example.
@ TXT "v=spf1 mx a:out.quay.example ip4:198.18.1.0/24 ip4:198.18.0.7 include:relay.example ?all"
@ TXT "site-verification=" "abc"
@ CAA 0 issue "ca.example"
ns1 A 198.18.0.53
ns2 A 198.18.0.54
mail A 198.18.0.25
www CNAME web
web A 198.18.0.20
web A 198.18.0.21
lost CNAME gone
shop CNAME quay.cdn.example.
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@quay.example,mailto:d@reports.example!10m"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@quay.example"
default._bimi TXT "v=BIMI1; l=https://quay.example/logo.svg"
selector1._domainkey TXT "v=DKIM1; k=rsa; p=MIGf"
_sip._tcp SRV 10 60 5060 sip
_imaps._tcp SRV 0 0 0 .
sip A 198.18.0.26
*.apps A 198.18.0.66
admin.apps A 198.18.0.67
inner.deep A 198.18.0.68
`
const reverse = `$ORIGIN 0.18.198.in-addr.arpa.
$TTL 600
@ SOA ns1.quay.example. admin.quay.example. 1 3600 600 86400 300
@ NS ns1.quay.example.
10 PTR quay.example.
25 PTR mail.quay.example.
25 PTR smtp.quay.example.
20 CNAME 20.0-31
20.0-31 PTR web.quay.example.
`
const reverse6 = `$ORIGIN 8.b.d.0.1.0.0.2.ip6.arpa.
$TTL 600
@ SOA ns1.quay.example. admin.quay.example. 1 3600 600 86400 300
@ NS ns1.quay.example.
0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR six.quay.example.
`

describeWith('DNS modules against a real nsd', missingPrograms('nsd'), () => {
  let nsd: Nsd
  let engine: DnsEngine
  let lab: TestLab
  let session: Session

  beforeAll(async () => {
    nsd = await startNsd([
      { name: 'quay.example', text: zone, transfer: true },
      {
        name: 'closed.example',
        text: '$ORIGIN closed.example.\n$TTL 300\n@ SOA ns a 1 1 1 1 1\n@ NS ns\nns A 198.18.0.53\n@ MX 5 ns\n@ TXT "v=spf1 +all"\n',
      },
      {
        name: 'wild.example',
        text: '$ORIGIN wild.example.\n$TTL 300\n@ SOA ns a 1 1 1 1 1\n@ NS ns\nns A 198.18.0.53\n* A 198.18.0.66\nwww A 198.18.0.67\n',
      },
      { name: '0.18.198.in-addr.arpa', text: reverse },
      { name: '8.b.d.0.1.0.0.2.ip6.arpa', text: reverse6 },
    ])
    engine = openDnsEngine()
    lab = await openTestLab()
    // The transfer goes to a name server by TCP; the second one is not there.
    lab.stand('198.18.0.53:53', (socket) => {
      const onward = connect({ host: '127.0.0.1', port: nsd.port })
      socket.on('error', () => onward.destroy()).on('close', () => onward.destroy())
      onward.on('error', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    })
    session = testSession(testNetwork({ engine }), {
      scope: testScope(['quay.example', 'closed.example', 'wild.example', '198.18.0.0/24']),
      dialMap: { ...lab.dialMap, udp: { '198.18.0.53:53': `127.0.0.1:${nsd.port}` } },
    })
  })
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
    await engine?.[Symbol.asyncDispose]()
    await nsd?.[Symbol.asyncDispose]()
  })

  /** The same line for several values. */
  const each = (values: string[], line: (value: string) => string): string[] => values.map(line)
  const ttl = '{"ttl":300}'
  const text = (name: string, data: string): string => `-dns_record:TXT-> dns-record:${name} ${data} ${ttl}`
  const spf = 'SPF v=spf1 mx a:out.quay.example ip4:198.18.1.0/24 ip4:198.18.0.7 include:relay.example ?all'
  const dmarc = 'DMARC v=DMARC1; p=none; rua=mailto:dmarc@quay.example,mailto:d@reports.example!10m'
  const ofApex = [
    `-dns_record:A-> ip-address:198.18.0.10 ${ttl}`,
    `-dns_record:AAAA-> ip-address:2001:db8::10 ${ttl}`,
    `-dns_record:CAA-> dns-record:quay.example CAA 0 issue "ca.example" ${ttl}`,
    `-dns_record:SOA-> dns-record:quay.example SOA ns1.quay.example admin.quay.example 7 3600 600 86400 300 ${ttl}`,
    text('quay.example', spf),
    text('quay.example', 'TXT site-verification=abc'),
    '-mail_server-> domain:mail.quay.example {"ttl":300,"preference":10}',
    '-mail_server-> domain:mx.relay.example {"ttl":300,"preference":20}',
    `-name_server-> domain:ns1.quay.example ${ttl}`,
    `-name_server-> domain:ns2.quay.example ${ttl}`,
  ]
  const service =
    'domain:_sip._tcp.quay.example -dns_record:SRV-> domain:sip.quay.example [SRV 5060] {"ttl":300,"priority":10,"weight":60,"port":5060}'
  const aliases = [
    `domain:lost.quay.example -dns_record:CNAME-> domain:gone.quay.example ${ttl}`,
    `domain:shop.quay.example -dns_record:CNAME-> domain:quay.cdn.example ${ttl}`,
    `domain:web.quay.example -dns_record:A-> ip-address:198.18.0.20 ${ttl}`,
    `domain:web.quay.example -dns_record:A-> ip-address:198.18.0.21 ${ttl}`,
    `domain:www.quay.example -dns_record:CNAME-> domain:web.quay.example ${ttl}`,
  ]

  it('dns-resolve: every record of a name, aliases link by link, services of the apex', async () => {
    const labels = ['', 'www.', 'lost.', 'shop.', 'gone.', 'x.apps.', 'deep.']
    const { lines, end } = await observed(
      dnsResolve,
      session,
      each(labels, (label) => `domain:${label}quay.example`),
    )
    expect(lines).toEqual(
      [
        ...each(ofApex, (line) => `domain:quay.example ${line}`),
        ...each(
          ['_imaps._tcp', '_sip._tcp'],
          (label) => `domain:quay.example -subdomain-> domain:${label}.quay.example`,
        ),
        service,
        ...aliases,
        `domain:x.apps.quay.example -dns_record:A-> ip-address:198.18.0.66 ${ttl}`,
        'domain:gone.quay.example = domain:gone.quay.example #unresolved',
      ].sort(),
    )
    expect(end).toMatchObject({ outcome: 'found', counts: { dropped: 0 } })
  })

  it('dns-brute: what a list of labels finds, and nothing that a wildcard made up', async () => {
    const found = (await observed(dnsBrute, session, 'domain:quay.example', { labels: ['lost', 'nobody'] })).lines
    // An alias of a name that does not exist is a name that exists.
    const names = ['_dmarc', '_domainkey', '_tcp', 'apps', 'lost', 'mail', 'ns1', 'ns2', 'shop', 'sip', 'web', 'www']
    expect(found).toEqual([
      ...each(names, (name) => `-subdomain-> domain:${name}.quay.example`),
      '= domain:apps.quay.example #wildcard',
    ])
    expect((await observed(dnsBrute, session, 'domain:wild.example')).lines).toEqual([
      '-subdomain-> domain:ns.wild.example',
      '-subdomain-> domain:www.wild.example',
      '= domain:wild.example #wildcard',
    ])
  })

  it('dns-transfer: the whole zone where it is given, and that this is a weakness', async () => {
    const { lines, findings, end } = await observed(dnsTransfer, session, 'domain:quay.example')
    const owners =
      '_dmarc _imaps._tcp _sip._tcp _smtp._tls admin.apps default._bimi inner.deep lost mail ns1 ns2 selector1._domainkey shop sip web www'.split(
        ' ',
      )
    const addresses = { 'admin.apps': 67, 'inner.deep': 68, mail: 25, ns1: 53, ns2: 54, sip: 26 }
    const texts = {
      _dmarc: dmarc,
      '_smtp._tls': 'TXT v=TLSRPTv1; rua=mailto:tls@quay.example',
      'default._bimi': 'TXT v=BIMI1; l=https://quay.example/logo.svg',
      'selector1._domainkey': 'TXT v=DKIM1; k=rsa; p=MIGf',
    }
    expect(lines).toEqual(
      [
        ...ofApex,
        ...each(owners, (owner) => `-subdomain-> domain:${owner}.quay.example`),
        ...Object.entries(addresses).map(
          ([owner, last]) => `domain:${owner}.quay.example -dns_record:A-> ip-address:198.18.0.${last} ${ttl}`,
        ),
        ...Object.entries(texts).map(
          ([owner, data]) => `domain:${owner}.quay.example ${text(`${owner}.quay.example`, data)}`,
        ),
        service,
        ...aliases,
      ].sort(),
    )
    expect(findings).toEqual(['medium dns-transfer.open: domain:quay.example'])
    expect(end).toMatchObject({ outcome: 'found', counts: { dropped: 0 } })
    for (const closed of ['closed.example', 'www.quay.example'])
      expect(await observed(dnsTransfer, session, `domain:${closed}`)).toMatchObject({
        lines: [],
        findings: [],
        end: { outcome: 'empty' },
      })
  })

  it('dns-reverse: names of addresses, through a delegation below a /24, of both families', async () => {
    const addresses = ['198.18.0.10', '198.18.0.25', '198.18.0.20', '198.18.0.99', '2001:db8::10']
    const { lines } = await observed(
      dnsReverse,
      session,
      each(addresses, (address) => `ip-address:${address}`),
    )
    const names = [
      ['198.18.0.10', 'quay'],
      ['198.18.0.20', 'web.quay'],
      ['198.18.0.25', 'mail.quay'],
      ['198.18.0.25', 'smtp.quay'],
      ['2001:db8::10', 'six.quay'],
    ]
    expect(lines).toEqual(
      names.map(([address, name]) => `ip-address:${address} -ptr_record-> domain:${name}.example {"ttl":600}`),
    )
  })

  it('mail-security: the policies, what they name, and what is weak in them', async () => {
    expect(await observed(mailSecurity, session, 'domain:quay.example')).toMatchObject({
      lines: [
        text('_dmarc.quay.example', dmarc),
        text('_smtp._tls.quay.example', 'TXT v=TLSRPTv1; rua=mailto:tls@quay.example'),
        text('default._bimi.quay.example', 'TXT v=BIMI1; l=https://quay.example/logo.svg'),
        text('quay.example', spf),
        text('selector1._domainkey.quay.example', 'TXT v=DKIM1; k=rsa; p=MIGf'),
        '-links_to-> url:https://quay.example/logo.svg',
        '-mentions-> domain:out.quay.example',
        '-mentions-> domain:relay.example',
        '-mentions-> email:d@reports.example',
        '-mentions-> email:dmarc@quay.example',
        '-mentions-> email:tls@quay.example',
        '-mentions-> ip-address:198.18.0.7',
        '-mentions-> netblock:198.18.1.0/24',
      ],
      findings: ['low mail-security.dmarc-none: domain:quay.example'],
    })
    expect(await observed(mailSecurity, session, 'domain:closed.example')).toMatchObject({
      lines: [text('closed.example', 'SPF v=spf1 +all')],
      findings: [
        'high mail-security.spf-open: domain:closed.example',
        'medium mail-security.dmarc-missing: domain:closed.example',
      ],
    })
  })
})
