import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const ttl = '{"ttl":300}'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields every record of a registrable domain and finds its services',
      given: 'northwind.example',
      dns: `
        * NXDOMAIN
        northwind.example A 198.18.0.10
        northwind.example AAAA 2001:db8::10
        northwind.example MX 10 mail.northwind.example
        northwind.example MX 20 mx.mailer.test
        northwind.example NS ns1.northwind.example
        northwind.example SOA ns1.northwind.example hostmaster.northwind.example 2026010101 7200 3600 1209600 300
        northwind.example TXT v=spf1 mx -all
        northwind.example CAA 0 issue "letsencrypt.org"
        _sip._tcp.northwind.example SRV 0 5 5060 sip.northwind.example
      `,
      expect: [
        `-dns_record:A-> ip-address:198.18.0.10 ${ttl}`,
        `-dns_record:AAAA-> ip-address:2001:db8::10 ${ttl}`,
        `-mail_server-> domain:mail.northwind.example {"ttl":300,"preference":10}`,
        `-mail_server-> domain:mx.mailer.test {"ttl":300,"preference":20}`,
        `-name_server-> domain:ns1.northwind.example ${ttl}`,
        `-dns_record:SOA-> dns-record:northwind.example SOA ns1.northwind.example hostmaster.northwind.example 2026010101 7200 3600 1209600 300 ${ttl}`,
        `-dns_record:TXT-> dns-record:northwind.example SPF v=spf1 mx -all ${ttl}`,
        `-dns_record:CAA-> dns-record:northwind.example CAA 0 issue "letsencrypt.org" ${ttl}`,
        `-subdomain-> domain:_sip._tcp.northwind.example`,
        `domain:_sip._tcp.northwind.example -dns_record:SRV-> domain:sip.northwind.example [SRV 5060] {"ttl":300,"priority":0,"weight":5,"port":5060}`,
      ],
    },
    {
      name: 'hangs each link of a chain on its owner and asks an alias for no records of its own',
      given: 'www.northwind.example',
      dns: `
        www.northwind.example 60 CNAME web.northwind.example
        web.northwind.example 60 CNAME edge.cdn.test
        edge.cdn.test 20 A 198.18.9.9
        edge.cdn.test 20 AAAA 2001:db8:9::9
      `,
      expect: [
        '-dns_record:CNAME-> domain:web.northwind.example {"ttl":60}',
        'domain:web.northwind.example -dns_record:CNAME-> domain:edge.cdn.test {"ttl":60}',
        'domain:edge.cdn.test -dns_record:A-> ip-address:198.18.9.9 {"ttl":20}',
        'domain:edge.cdn.test -dns_record:AAAA-> ip-address:2001:db8:9::9 {"ttl":20}',
      ],
    },
    {
      name: 'keeps an alias whose end does not exist, and takes several names at once',
      given: ['gone.northwind.example', 'old.northwind.example', '_sip._udp.northwind.example'],
      dns: `
        gone.northwind.example NXDOMAIN
        old.northwind.example CNAME bucket.storage.test
        bucket.storage.test NXDOMAIN
        _sip._udp.northwind.example SRV 0 0 5060 .
      `,
      expect: ['domain:old.northwind.example -dns_record:CNAME-> domain:bucket.storage.test {"ttl":300}'],
    },
    {
      name: 'says when no resolver answers',
      given: 'www.northwind.example',
      dns: 'www.northwind.example TIMEOUT',
      outcome: 'unreachable',
      expect: [],
    },
  ],
})
