import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields names that are registered, in any script',
      given: 'northwind.example',
      dns: `
        n0rthwind.example  A  192.0.2.66
        nortwhind.example  A  192.0.2.67
        northvvind.example  A  192.0.2.68
        xn--nrthwind-n4a.example  A  192.0.2.69
      `,
      expect: [
        '-looks_like-> domain:n0rthwind.example',
        '-looks_like-> domain:nortwhind.example',
        '-looks_like-> domain:northvvind.example',
        '-looks_like-> domain:xn--nrthwind-n4a.example',
      ],
    },
    {
      name: 'knows suffixes of several labels',
      given: 'northwind.co.uk',
      dns: 'northwnd.co.uk A 192.0.2.66',
      expect: ['-looks_like-> domain:northwnd.co.uk'],
    },
    { name: 'finds nothing', given: 'northwind.example', dns: '* NXDOMAIN', expect: [] },
  ],
})
