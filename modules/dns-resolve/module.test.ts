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
      expect: [
        'domain:gone.northwind.example = domain:gone.northwind.example #unresolved',
        'domain:old.northwind.example -dns_record:CNAME-> domain:bucket.storage.test {"ttl":300}',
        'domain:bucket.storage.test = domain:bucket.storage.test #unresolved',
      ],
    },
    {
      name: 'finds a service of a domain also where its name is asked about together with it',
      given: ['northwind.example', '_sip._tcp.northwind.example'],
      dns: `
        * NXDOMAIN
        northwind.example A 198.18.0.10
        _sip._tcp.northwind.example SRV 0 5 5060 sip.northwind.example
      `,
      expect: [
        `domain:northwind.example -dns_record:A-> ip-address:198.18.0.10 ${ttl}`,
        'domain:northwind.example -subdomain-> domain:_sip._tcp.northwind.example',
        `domain:_sip._tcp.northwind.example -dns_record:SRV-> domain:sip.northwind.example [SRV 5060] {"ttl":300,"priority":0,"weight":5,"port":5060}`,
      ],
    },
    {
      name: 'tags what is shared among customers, and the names that lead to it',
      given: 'northwind.example',
      dns: `
        * NXDOMAIN
        northwind.example CNAME d1.cloudfront.net
        d1.cloudfront.net A 13.32.0.1
        d1.cloudfront.net AAAA 2606:4700::1
      `,
      expect: [
        `-dns_record:CNAME-> domain:d1.cloudfront.net #cdn ${ttl}`,
        `domain:d1.cloudfront.net -dns_record:A-> ip-address:13.32.0.1 #cdn ${ttl}`,
        `domain:d1.cloudfront.net -dns_record:AAAA-> ip-address:2606:4700::1 #cdn ${ttl}`,
        '= domain:northwind.example #cdn',
      ],
    },
    {
      name: 'tells servers of a provider from names on one, and parks what a parking service serves',
      given: ['shop.northwind.example', 'parked.test'],
      dns: `
        * NXDOMAIN
        shop.northwind.example A 199.83.128.1
        shop.northwind.example A 23.227.38.65
        shop.northwind.example MX 10 mx1.northwind.iphmx.com
        parked.test A 198.18.0.9
        parked.test NS ns1.sedoparking.com
      `,
      expect: [
        `domain:shop.northwind.example -dns_record:A-> ip-address:199.83.128.1 #waf ${ttl}`,
        `domain:shop.northwind.example -dns_record:A-> ip-address:23.227.38.65 #cloud ${ttl}`,
        `domain:shop.northwind.example -mail_server-> domain:mx1.northwind.iphmx.com {"ttl":300,"preference":10}`,
        'domain:shop.northwind.example = domain:shop.northwind.example #cloud #waf',
        `domain:parked.test -dns_record:A-> ip-address:198.18.0.9 ${ttl}`,
        `domain:parked.test -name_server-> domain:ns1.sedoparking.com ${ttl}`,
        'domain:parked.test = domain:parked.test #parked',
      ],
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
