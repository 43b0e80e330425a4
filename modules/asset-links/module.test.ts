import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const given = 'https://www.northwind.example/'
const url = 'https://www.northwind.example/.well-known/assetlinks.json'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the apps and sites that a site vouches for',
      given,
      http: [{ url, body: fixture(import.meta.dirname, 'assetlinks.json') }],
      expect: [
        '-mentions-> mobile-app:android:example.northwind.storefront {"relation":["delegate_permission/common.handle_all_urls","delegate_permission/common.get_login_creds"],"certificates":["14:6D:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5"]}',
        '-mentions-> url:https://shop.northwind.example/ {"relation":["delegate_permission/common.get_login_creds"]}',
      ],
    },
    { name: 'says nothing of a site without statements', given, http: [{ url, status: 404 }], expect: [] },
    {
      name: 'says nothing of a page that every path answers',
      given,
      http: [{ url, headers: { 'content-type': 'text/html' }, body: '<title>Welcome</title>' }],
      expect: [],
    },
    { name: 'asks at the root alone', given: 'https://www.northwind.example/about', outcome: 'skipped', expect: [] },
  ],
})
