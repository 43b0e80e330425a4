import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const zone = 'data.northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'follows the chain to its end, past a zone below, and says that it can be followed',
      given: zone,
      dns: `
        data.northwind.example NS ns1.northwind.example
        data.northwind.example NSEC depot.data.northwind.example NS SOA RRSIG NSEC DNSKEY
        depot.data.northwind.example NODATA
        depot.data.northwind.example NSEC *.feeds.data.northwind.example NS RRSIG NSEC
        *.feeds.data.northwind.example NSEC zinc-2.west.data.northwind.example A RRSIG NSEC
        zinc-2.west.data.northwind.example NSEC data.northwind.example TXT RRSIG NSEC
      `,
      expect: [
        '-subdomain-> domain:feeds.data.northwind.example #wildcard',
        '-subdomain-> domain:depot.data.northwind.example',
        '-subdomain-> domain:zinc-2.west.data.northwind.example',
      ],
      findings: ['low dns-walk.open: domain:data.northwind.example'],
    },
    {
      name: 'stops at proofs that are made up, and says why there is nothing',
      given: zone,
      dns: `
        data.northwind.example NS ns1.northwind.example
        data.northwind.example NSEC \\000.data.northwind.example A NS SOA RRSIG NSEC
      `,
      outcome: 'skipped',
      expect: [],
    },
    {
      name: 'stops where the proofs go in circles or lead elsewhere, and keeps what was there',
      given: [zone, 'lab.northwind.example'],
      dns: `
        data.northwind.example NS ns1.northwind.example
        data.northwind.example NSEC b.data.northwind.example NS SOA
        b.data.northwind.example NSEC a.data.northwind.example A
        lab.northwind.example NS ns1.northwind.example
        lab.northwind.example NSEC www.northwind.example NS SOA
      `,
      outcome: 'unreachable',
      expect: ['domain:data.northwind.example -subdomain-> domain:b.data.northwind.example'],
    },
    {
      name: 'stops where nobody gives the next record, and leaves a name that is no host',
      given: zone,
      dns: `
        data.northwind.example NS ns1.northwind.example
        data.northwind.example NSEC a\\032b.data.northwind.example NS SOA
        a\\032b.data.northwind.example NSEC c.data.northwind.example A
        c.data.northwind.example TIMEOUT
        c\\000.data.northwind.example TIMEOUT
      `,
      outcome: 'unreachable',
      dropped: 1,
      expect: ['-subdomain-> domain:c.data.northwind.example'],
    },
    {
      name: 'finds nothing in a zone without NSEC, and asks a name that owns no zone for none',
      given: [zone, 'www.northwind.example'],
      dns: `
        data.northwind.example NS ns1.northwind.example
        www.northwind.example NXDOMAIN
      `,
      expect: [],
    },
  ],
})
