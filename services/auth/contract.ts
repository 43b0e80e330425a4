import { defineContract, get, Nothing, post, remove } from '@mirage/kit/contract.ts'
import { Instant, Page, pageInput } from '@mirage/kit/schema.ts'
import { type Static, Type as t } from 'typebox'

export const ApiKey = t.Object({
  id: t.String(),
  name: t.String(),
  workspace: t.String(),
  rights: t.Array(t.String()),
  createdAt: Instant,
  expiresAt: t.Optional(Instant),
  lastUsedAt: t.Optional(Instant),
})
export type ApiKey = Static<typeof ApiKey>

export const auth = defineContract('auth', 'Who calls: API keys.', {
  createApiKey: post('/api-keys', {
    summary: 'A new API key. Its value is shown here and never again.',
    permission: 'api-keys:admin',
    input: {
      name: t.String({ minLength: 1, maxLength: 200, description: 'What it is for, in words of your own.' }),
      rights: t.Array(t.String({ pattern: '^(\\*|[a-z-]+:(read|write|admin)|\\*:(read|write|admin))$' }), {
        minItems: 1,
        maxItems: 100,
        description:
          'Such as `runs:read`; `admin` includes `write`, which includes `read`; `*:read` of everything, `*` all rights. None that this key does not have itself.',
      }),
      expiresAt: t.Optional(Instant),
    },
    reply: t.Object({ ...ApiKey.properties, value: t.String() }),
    status: 201,
  }),
  listApiKeys: get('/api-keys', {
    summary: 'API keys, without their values.',
    permission: 'api-keys:read',
    input: pageInput,
    reply: Page(ApiKey),
  }),
  removeApiKey: remove('/api-keys/{id}', {
    summary: 'Refuses a key from now on.',
    permission: 'api-keys:admin',
    input: { id: t.String({ description: 'The id of the key.' }) },
    reply: Nothing,
    status: 204,
    errors: ['api-keys.not_found'],
  }),
  verifyApiKey: post('/api-keys/verifications', {
    summary: 'Whose key this is.',
    permission: 'service',
    input: { value: t.String({ maxLength: 512 }) },
    reply: t.Object({ valid: t.Boolean(), id: t.String(), workspace: t.String(), rights: t.Array(t.String()) }),
    safe: true,
  }),
})
