import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://www.northwind.example/contact'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields addresses and numbers of a page, and nothing that only looks like one',
      given: url,
      recorded: { [url]: { body: fixture(import.meta.dirname, 'contact.html') } },
      expect: [
        '-mentions-> email:info@northwind.example',
        '-mentions-> email:sales@northwind.example',
        '-mentions-> email:jobs@northwind.example',
        '-mentions-> email:press@northwind.example',
        '-mentions-> email:bot@northwind.example',
        '-mentions-> phone:+442079460100',
        '-mentions-> phone:+442079460123',
      ],
    },
    {
      name: 'reads scripts and data as they are',
      given: url,
      recorded: {
        [url]: { headers: { 'content-type': 'application/json' }, body: '{"contact":"api@northwind.example"}' },
      },
      expect: ['-mentions-> email:api@northwind.example'],
    },
    { name: 'finds nothing where nothing is recorded', given: url, expect: [] },
  ],
})
