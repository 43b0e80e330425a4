import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const api = 'https://haveibeenpwned.com/api/v3'
const given = 'info@northwind.example'
const breached = `${api}/breachedaccount/info%40northwind.example?truncateResponse=false`
const pasted = `${api}/pasteaccount/info%40northwind.example`
const sentHeaders = { 'hibp-api-key': 'test-key-0123456789' }

testModule(module, import.meta.dirname, {
  pages: 'yields breaches, pastes and other places',
  cases: [
    {
      name: 'yields breaches, pastes and other places',
      given,
      http: [
        { url: breached, sentHeaders, body: fixture(import.meta.dirname, 'breaches.json') },
        { url: pasted, sentHeaders, body: fixture(import.meta.dirname, 'pastes.json') },
      ],
      expect: [
        '-exposed_in-> breach:collection-#1 {"title":"Collection #1","breachedAt":"2019-01-07","taken":["Email addresses","Passwords"],"verified":false}',
        '-exposed_in-> paste:pastebin.com/8Q0BvKD8 @2014-03-04T19:14:54.000Z {"title":"syslog","addresses":139}',
        '-exposed_in-> paste:pastie.org/7152479 @2013-03-28T16:51:10.000Z {"addresses":30}',
        '-exposed_in-> url:http://dumps.example/list.php?id=4560 {"addresses":7}',
      ],
    },
    {
      name: 'takes 404 for nothing known',
      given,
      http: [
        { url: breached, status: 404 },
        { url: pasted, status: 404 },
      ],
      expect: [],
    },
  ],
})
