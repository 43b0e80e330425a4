import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const given = 'northwind.example'
const first =
  'https://web.archive.org/cdx/search/cdx?url=northwind.example&matchType=domain&output=json&fl=original%2Ctimestamp%2Cmimetype%2Cstatuscode&collapse=urlkey&filter=!statuscode%3A%5B45%5D..&limit=2000&showResumeKey=true'
const page1 = { url: first, body: fixture(import.meta.dirname, 'page-1.json') }
const ofPage1 = [
  '-website-> url:http://northwind.example/ @2004-05-17T08:09:10.000Z {"archivedType":"text/html","archivedStatus":200}',
  '-subdomain-> domain:www.northwind.example @2019-06-01T00:00:00.000Z',
  'domain:www.northwind.example -website-> url:https://www.northwind.example/Products?page=1 @2019-06-01T00:00:00.000Z {"archivedType":"text/html","archivedStatus":200}',
  '-subdomain-> domain:campaign2019.northwind.example @2019-07-12T10:11:12.000Z',
  'domain:campaign2019.northwind.example -website-> url:https://campaign2019.northwind.example/ @2019-07-12T10:11:12.000Z {"archivedType":"warc/revisit"}',
]

testModule(module, import.meta.dirname, {
  pages: 'follows the key of the next page',
  cases: [
    {
      name: 'follows the key of the next page',
      given,
      http: [
        page1,
        {
          url: `${first}&resumeKey=example%2Cnorthwind%2Ccampaign2019%29%2F+20190712101112%21`,
          body: fixture(import.meta.dirname, 'page-2.json'),
        },
      ],
      expect: [
        ...ofPage1,
        '-subdomain-> domain:shop.northwind.example @2021-01-01T12:00:00.000Z',
        'domain:shop.northwind.example -website-> url:https://shop.northwind.example/ @2021-01-01T12:00:00.000Z {"archivedType":"text/html","archivedStatus":302}',
      ],
    },
    { name: 'stops where the settings say', given, settings: { pages: 1 }, http: [page1], expect: ofPage1 },
    { name: 'finds nothing', given, http: [{ url: first, body: [] }], expect: [] },
  ],
})
