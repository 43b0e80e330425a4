import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://login.microsoftonline.com/northwind.example/v2.0/.well-known/openid-configuration'
const given = 'northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'reads the tenant from its endpoints',
      given,
      http: [{ url, body: fixture(import.meta.dirname, 'configuration.json') }],
      expect: [
        '-account-> cloud-tenant:azure:72f988bf-86f1-41af-91ab-2d7cd011db47 {"region":"EU","cloud":"microsoftonline.com"}',
      ],
    },
    {
      name: 'knows the tenant that is everybody’s',
      given,
      http: [
        {
          url,
          body: {
            token_endpoint: 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/oauth2/v2.0/token',
          },
        },
      ],
      expect: [],
    },
    {
      name: 'takes 400 for no tenant',
      given,
      http: [{ url, status: 400, body: { error: 'invalid_tenant', error_description: 'AADSTS90002: …' } }],
      expect: [],
    },
  ],
})
