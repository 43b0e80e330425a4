import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const given = 'lei:9845NWTRADING0000770|Northwind Trading Ltd'
const record = 'https://api.gleif.org/api/v1/lei-records/9845NWTRADING0000770'
const parent = `${record}/direct-parent`
const children = `${record}/direct-children`
const body = (name: string): string => fixture(import.meta.dirname, name)
const described =
  '= organization:lei:9845NWTRADING0000770|Northwind Trading Ltd {"legalName":"Northwind Trading Ltd","registeredAs":"03141592","jurisdiction":"GB","category":"GENERAL","status":"ACTIVE","leiStatus":"ISSUED","leiRenewal":"2026-05-06T00:00:00Z"}'
const located = '-location-> postal-address:lei:9845NWTRADING0000770|1 Tradewind Quay, London, GB-LND, E14 0ZZ, GB'

testModule(module, import.meta.dirname, {
  pages: 'yields who it is, what it owns and who owns it',
  cases: [
    {
      name: 'yields who it is, what it owns and who owns it',
      given,
      http: [
        { url: record, body: body('record.json') },
        { url: parent, body: body('parent.json') },
        { url: `${children}?page[size]=100`, body: body('children-1.json') },
        { url: `${children}?page%5Bnumber%5D=2&page%5Bsize%5D=100`, body: body('children-2.json') },
      ],
      dropped: 1,
      expect: [
        described,
        located,
        '<-subsidiary- organization:lei:9845NWHOLDING0000787|Northwind Holding plc',
        '-subsidiary-> organization:lei:9845NWLABS0000000705|Northwind Labs Ltd',
        '-subsidiary-> organization:lei:9845NWLOGISTICS00768|Northwind Logistics BV',
      ],
    },
    {
      name: 'takes 404 for no parent and no children',
      given,
      http: [
        { url: record, body: body('record.json') },
        { url: parent, status: 404 },
        { url: `${children}?page[size]=100`, status: 404 },
      ],
      expect: [described, located],
    },
    { name: 'takes 404 for an identifier that is not issued', given, http: [{ url: record, status: 404 }], expect: [] },
    {
      name: 'asks about no name alone',
      given: 'domain-registration:northwind.example|Northwind Trading Ltd',
      expect: [],
    },
  ],
})
