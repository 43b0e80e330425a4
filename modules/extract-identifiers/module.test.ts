import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://www.northwind.example/'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields identifiers whose check digits are right, profiles and analytics ids',
      given: url,
      recorded: { [url]: { body: fixture(import.meta.dirname, 'home.html') } },
      expect: [
        '-mentions-> crypto-address:btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
        '-mentions-> bank-account:GB29NWBK60161331926819',
        '-mentions-> hash:sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        '-social_media_profile-> account:github.com/northwind-dev',
        '-social_media_profile-> account:x.com/northwindtrade',
        '-uses_fingerprint-> fingerprint:analytics:UA-48120734',
        '-uses_fingerprint-> fingerprint:analytics:GTM-NWND48',
        '-uses_fingerprint-> fingerprint:analytics:fb-123456789012345',
      ],
    },
    {
      name: 'reads scripts as they are',
      given: url,
      recorded: {
        [url]: { headers: { 'content-type': 'text/javascript' }, body: 'track("config", "UA-48120734-3");' },
      },
      expect: ['-uses_fingerprint-> fingerprint:analytics:UA-48120734'],
    },
    { name: 'finds nothing where nothing is recorded', given: url, expect: [] },
  ],
})
