import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields every name and record of the zone from the server that gives it, and says so',
      given: 'lab.northwind.example',
      dns: `
        lab.northwind.example NS ns1.northwind.example
        lab.northwind.example NS ns2.northwind.example
        transfer lab.northwind.example ns2.northwind.example
        printer.lab.northwind.example A 198.18.0.40
        *.dyn.lab.northwind.example A 198.18.0.41
        dyn.lab.northwind.example A 198.18.0.41
        wiki.lab.northwind.example CNAME web.northwind.example
      `,
      expect: [
        '-name_server-> domain:ns1.northwind.example {"ttl":300}',
        '-name_server-> domain:ns2.northwind.example {"ttl":300}',
        '-subdomain-> domain:printer.lab.northwind.example',
        'domain:printer.lab.northwind.example -dns_record:A-> ip-address:198.18.0.40 {"ttl":300}',
        '-subdomain-> domain:dyn.lab.northwind.example',
        'domain:dyn.lab.northwind.example -dns_record:A-> ip-address:198.18.0.41 {"ttl":300}',
        '= domain:dyn.lab.northwind.example #wildcard',
        '-subdomain-> domain:wiki.lab.northwind.example',
        'domain:wiki.lab.northwind.example -dns_record:CNAME-> domain:web.northwind.example {"ttl":300}',
      ],
      findings: ['medium dns-transfer.open: domain:lab.northwind.example'],
    },
    {
      name: 'asks the servers and zones that are left where one server cannot be asked',
      given: ['lame.northwind.example', 'lab.northwind.example'],
      dns: `
        lame.northwind.example NS gone.northwind.example
        transfer lame.northwind.example gone.northwind.example fails
        lab.northwind.example NS ns1.northwind.example
        transfer lab.northwind.example ns1.northwind.example
      `,
      expect: ['domain:lab.northwind.example -name_server-> domain:ns1.northwind.example {"ttl":300}'],
      findings: ['medium dns-transfer.open: domain:lab.northwind.example'],
      outcome: 'unreachable',
    },
    {
      name: 'finds nothing where every server refuses',
      given: 'northwind.example',
      dns: 'northwind.example NS ns1.northwind.example',
      expect: [],
    },
    {
      name: 'leaves names that own no zone',
      given: 'www.northwind.example',
      dns: 'www.northwind.example NXDOMAIN',
      expect: [],
    },
  ],
})
