import { testModule } from '@mirage/module-sdk/harness.ts'
import { assert, oneof, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { module } from './module.ts'
import { mailtoOf, readSpf, readStsPolicy, readTags } from './policies.ts'

const ttl = '{"ttl":300}'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields every policy and what it names',
      given: 'northwind.example',
      dns: `
        * NXDOMAIN
        northwind.example TXT v=spf1 include:_spf.mailer.test a:out.northwind.example/28 mx ip4:198.18.0.0/24 ip4:198.18.1.9 ip6:2001:db8::/64 exists:%{i}.x.test ~all
        northwind.example TXT some-verification=1
        northwind.example MX 10 mail.northwind.example
        _dmarc.northwind.example TXT v=DMARC1; p=reject; rua=mailto:dmarc@northwind.example!10m,https://r.test; ruf=mailto:forensic@reports.test
        _smtp._tls.northwind.example TXT v=TLSRPTv1; rua=mailto:tls@northwind.example
        default._bimi.northwind.example TXT v=BIMI1; l=https://northwind.example/logo.svg; a=
        selector1._domainkey.northwind.example CNAME selector1.keys.mailer.test
        selector1.keys.mailer.test TXT v=DKIM1; k=rsa; p=MIGfMA0G
        _mta-sts.northwind.example TXT v=STSv1; id=20260101
      `,
      http: [
        {
          url: 'https://mta-sts.northwind.example/.well-known/mta-sts.txt',
          headers: { 'content-type': 'text/plain' },
          body: 'version: STSv1\r\nmode: enforce\r\nmx: mail.northwind.example\r\nmx: *.mailer.test\r\nmax_age: 86400\r\n',
        },
      ],
      expect: [
        `-dns_record:TXT-> dns-record:northwind.example SPF v=spf1 include:_spf.mailer.test a:out.northwind.example/28 mx ip4:198.18.0.0/24 ip4:198.18.1.9 ip6:2001:db8::/64 exists:%{i}.x.test ~all ${ttl}`,
        '-mentions-> domain:_spf.mailer.test',
        '-mentions-> domain:out.northwind.example',
        '-mentions-> netblock:198.18.0.0/24',
        '-mentions-> ip-address:198.18.1.9',
        '-mentions-> netblock:2001:db8::/64',
        `-dns_record:TXT-> dns-record:_dmarc.northwind.example DMARC v=DMARC1; p=reject; rua=mailto:dmarc@northwind.example!10m,https://r.test; ruf=mailto:forensic@reports.test ${ttl}`,
        '-mentions-> email:dmarc@northwind.example',
        '-mentions-> email:forensic@reports.test',
        `-dns_record:TXT-> dns-record:_smtp._tls.northwind.example TXT v=TLSRPTv1; rua=mailto:tls@northwind.example ${ttl}`,
        '-mentions-> email:tls@northwind.example',
        `-dns_record:TXT-> dns-record:default._bimi.northwind.example TXT v=BIMI1; l=https://northwind.example/logo.svg; a= ${ttl}`,
        '-links_to-> url:https://northwind.example/logo.svg',
        `-dns_record:TXT-> dns-record:selector1._domainkey.northwind.example TXT v=DKIM1; k=rsa; p=MIGfMA0G ${ttl}`,
        `-dns_record:TXT-> dns-record:_mta-sts.northwind.example TXT v=STSv1; id=20260101 ${ttl}`,
        '-links_to-> url:https://mta-sts.northwind.example/.well-known/mta-sts.txt',
        '-mail_server-> domain:mail.northwind.example',
      ],
    },
    {
      name: 'says of nothing that it is missing about which nobody answered',
      given: 'northwind.example',
      dns: `
        * NXDOMAIN
        northwind.example MX 10 mail.northwind.example
        northwind.example TXT v=spf1 mx -all
        _dmarc.northwind.example SERVFAIL
      `,
      expect: [`-dns_record:TXT-> dns-record:northwind.example SPF v=spf1 mx -all ${ttl}`],
      findings: [],
    },
    {
      name: 'says what is missing where mail is received',
      given: 'northwind.example',
      dns: `
        * NXDOMAIN
        northwind.example MX 10 mail.northwind.example
      `,
      expect: [],
      findings: [
        'low mail-security.spf-missing: domain:northwind.example',
        'medium mail-security.dmarc-missing: domain:northwind.example',
      ],
    },
    {
      name: 'says what is weak',
      given: 'northwind.example',
      dns: `
        * NXDOMAIN
        northwind.example TXT v=spf1 +all
        _dmarc.northwind.example TXT v=DMARC1; p=none
      `,
      expect: [
        `-dns_record:TXT-> dns-record:northwind.example SPF v=spf1 +all ${ttl}`,
        `-dns_record:TXT-> dns-record:_dmarc.northwind.example DMARC v=DMARC1; p=none ${ttl}`,
      ],
      findings: [
        'high mail-security.spf-open: domain:northwind.example',
        'low mail-security.dmarc-none: domain:northwind.example',
      ],
    },
    { name: 'finds nothing where there is no mail', given: 'northwind.example', dns: '* NXDOMAIN', expect: [] },
  ],
})

test('no text makes the readers throw, and what they answer is of the text', () => {
  assert(
    property(
      oneof(
        string(),
        string().map((text) => `v=spf1 ${text}`),
      ),
      (text) => {
        for (const { value } of readSpf(text) ?? []) expect(text).toContain(value)
        for (const value of Object.values(readTags(text, 'DMARC1') ?? {})) expect(text).toContain(value)
        for (const address of mailtoOf(text)) expect(text).toContain(address)
        for (const host of readStsPolicy(text) ?? []) expect(text).toContain(host)
      },
    ),
  )
})

test('a tag list of another version is none', () => {
  expect(readTags('v=DMARC2; p=none', 'DMARC1')).toBeUndefined()
  expect(readTags('p=none; v=DMARC1', 'DMARC1')).toBeUndefined()
  expect(readTags('V = dmarc1 ;P=None', 'DMARC1')).toEqual({ v: 'dmarc1', p: 'None' })
})
