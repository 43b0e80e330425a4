import { type Issuance, issuancesOf } from '../world/transparency.ts'
import type { World } from '../world/world.ts'
import { json, type Provider, text } from './provider.ts'

/**
 * crt.sh: `GET /?q=PATTERN&output=json` lists certificates one of whose identities (DNS names and e-mail addresses)
 * matches, newest first, each with the identities that match and no others, one a line. A pattern with `%` is matched as
 * SQL's ILIKE, one without as `%PATTERN%`. https://github.com/crtsh/certwatch_db
 */
export const crtsh: Provider = {
  id: 'crtsh',
  hosts: ['crt.sh'],
  handle({ url, headers }, world) {
    // It turns away programs that do not say who they are.
    if (!headers['user-agent']) return text('Forbidden', 403)
    const { searchParams } = url
    const query = searchParams.get('q') ?? searchParams.get('identity') ?? searchParams.get('Identity')
    if (!query) return html('<FORM><INPUT type="text" name="q"></FORM>')
    const rows = issuancesMatching(world, query.toLowerCase())
    if (searchParams.get('output') !== 'json') return html('<TABLE></TABLE>')
    return { ...json([]), body: jsonArray(rows) }
  },
}

function* issuancesMatching(world: World, query: string): Generator<object> {
  const pattern = ilike(query.includes('%') ? query : `%${query}%`)
  for (const issuance of issuancesOf(world, query.replace(/^[%.]+/, ''), 'crtsh')) {
    const identities = identitiesOf(issuance).filter((name) => pattern.test(name))
    if (identities.length === 0) continue
    const { id, commonName, notBefore, notAfter } = issuance
    yield {
      issuer_ca_id: 295814,
      issuer_name: issuance.issuer,
      common_name: commonName ?? null,
      name_value: [...new Set(identities)].sort().join('\n'),
      id,
      entry_timestamp: `${notBefore.slice(0, 10)}T01:12:43.456`,
      not_before: notBefore.slice(0, 19),
      not_after: notAfter.slice(0, 19),
      serial_number: issuance.serial(),
      result_count: identities.length,
    }
  }
}

function identitiesOf({ commonName, names, email }: Issuance): string[] {
  return [...(commonName === undefined ? [] : [commonName]), ...names, ...(email === undefined ? [] : [email])]
}

function ilike(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.')
  return new RegExp(`^${source}$`, 'i')
}

function* jsonArray(rows: Iterable<object>): Generator<string> {
  let before = '['
  for (const row of rows) {
    yield before + JSON.stringify(row)
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

function html(body: string): ReturnType<typeof text> {
  return text(`<!DOCTYPE html><HTML><HEAD><TITLE>crt.sh</TITLE></HEAD><BODY>${body}</BODY></HTML>`, 200, {
    'content-type': 'text/html; charset=UTF-8',
  })
}
