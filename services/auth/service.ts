import { MirageError } from '@mirage/kit/errors.ts'
import { pageOf } from '@mirage/kit/schema.ts'
import { mayCall } from '@mirage/kit/routes.ts'
import { defineService } from '@mirage/kit/service.ts'
import { installation, sql } from '@mirage/ports/needs.ts'
import { auth } from './contract.ts'
import { ApiKeys } from './keys.ts'
import { settings } from './settings.ts'

export const authService = defineService({
  contract: auth,
  settings,
  needs: { sql, installation },
  async start({ sql, installation, clock }) {
    const keys = await ApiKeys.open(sql, clock, installation.ownerKey)
    return {
      handlers: {
        createApiKey: (input, call) => {
          const beyond = input.rights.find((right) => !mayCall(right === '*' ? '*:admin' : right, call))
          if (beyond !== undefined)
            throw new MirageError({
              code: 'request.forbidden',
              status: 403,
              detail: `A key cannot give the right “${beyond}”, which its maker does not have.`,
            })
          return keys.create(call.workspace, input)
        },
        listApiKeys: async (page, { workspace }) => pageOf(await keys.list(workspace), page),
        removeApiKey: async ({ id }, { workspace }) => {
          await keys.remove(workspace, id)
          return {}
        },
        verifyApiKey: ({ value }) => keys.verify(value),
      },
    }
  },
})
