import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://www.northwind.example/'
const named = 'organization:domain:www.northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the organization, its parts, people, places and profiles',
      given: url,
      recorded: { [url]: { body: fixture(import.meta.dirname, 'home.html') } },
      expect: [
        `-mentions-> ${named}|Northwind Trading {"legalName":"Northwind Trading Ltd","foundingDate":"1996-04","leiCode":"9845NWTRADING0000770"}`,
        `${named}|Northwind Trading -location-> postal-address:domain:www.northwind.example|1 Tradewind Quay, London, E14 0ZZ, GB`,
        `${named}|Northwind Trading -location-> geo-point:51.50321,-0.01894`,
        `${named}|Northwind Trading -subsidiary-> ${named}|Northwind Labs`,
        `${named}|Northwind Trading -subsidiary-> ${named}|Northwind Logistics`,
        `${named}|Northwind Trading -org_unit-> ${named}|Northwind Press Office`,
        `${named}|Northwind Trading -member-> person:domain:www.northwind.example|Ada Larsen {"jobTitle":"Managing Director"}`,
        `${named}|Northwind Trading -mentions-> email:info@northwind.example`,
        `${named}|Northwind Trading -mentions-> email:sales@northwind.example`,
        `${named}|Northwind Trading -mentions-> phone:+442079460100`,
        `${named}|Northwind Trading -website-> url:https://www.northwind.example/`,
        `${named}|Northwind Trading -same_as-> organization:lei:9845NWTRADING0000770|Northwind Trading Ltd`,
        `${named}|Northwind Trading -social_media_profile-> account:x.com/northwindtrade`,
        `${named}|Northwind Trading -same_as-> url:https://www.wikidata.org/wiki/Q48120734`,
        '-mentions-> person:domain:www.northwind.example|Ada Larsen {"jobTitle":"Managing Director"}',
        'person:domain:www.northwind.example|Ada Larsen -account-> account:github.com/alarsen-nw',
        `-mentions-> ${named}|Northwind Press Office`,
        `-mentions-> ${named}|Northwind Labs {"leiCode":"9845NWTRADING0000771"}`,
        `${named}|Northwind Labs -location-> postal-address:domain:www.northwind.example|4 Beaker Row, Cambridge`,
        `${named}|Northwind Labs <-subsidiary- ${named}|Northwind Trading`,
        `-mentions-> ${named}|Northwind Logistics`,
        `${named}|Northwind Logistics -website-> url:https://www.northwind-logistics.test/`,
      ],
    },
    {
      name: 'says nothing of pages without such data',
      given: url,
      recorded: { [url]: { body: '<title>Northwind</title><p>application/ld+json is a media type.</p>' } },
      expect: [],
    },
    { name: 'finds nothing where nothing is recorded', given: url, expect: [] },
  ],
})
