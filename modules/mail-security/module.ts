import type { DnsAnswer } from '@mirage/model/exchange.ts'
import { type Sighting, defineModule, observe } from '@mirage/module-sdk'
import { textOf } from '@mirage/module-sdk/body.ts'
import { isConclusive } from '@mirage/module-sdk/dns.ts'
import { mailtoOf, readSpf, readStsPolicy, readTags } from './policies.ts'
import { weaknessesOf } from './weaknesses.ts'

/** Selectors under which large platforms and common guides publish DKIM keys; the name of others cannot be known. */
const dkimSelectors = [
  'default',
  'dkim',
  'google',
  'k1',
  'k2',
  'k3',
  'mail',
  's1',
  's2',
  'selector1',
  'selector2',
  'smtp',
  'mandrill',
  'zoho',
  'pm',
  'mx',
  'fm1',
  'fm2',
  'fm3',
  'protonmail',
  'everlytickey1',
  'mxvault',
  'sig1',
  'ses',
  'key1',
  'email',
]

type Mail = Sighting<'dns-record' | 'domain' | 'ip-address' | 'netblock' | 'email' | 'url'>

/**
 * How a domain says who may send mail in its name and how mail to it is protected, and what these policies give away.
 * Source: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), MTA-STS (RFC 8461), TLS-RPT (RFC 8460), BIMI (draft).
 */
export const module = defineModule({
  id: 'mail-security',
  version: 1,
  title: 'Mail policies',
  summary: 'SPF, DKIM, DMARC, MTA-STS, TLS-RPT and BIMI of a domain, and what is weak in them',
  homepage: 'https://www.rfc-editor.org/rfc/rfc7489',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['dns-record', 'domain', 'ip-address', 'netblock', 'email', 'url'],
  contact: 'target',
  origin: 'dns',
  useCases: ['footprint', 'investigate', 'monitor'],
  volatile: ['ttl'],
  sample: 'northwind.example',
  async *run({ entity, dns, http }) {
    const apex = entity.value
    const texts = await dns.resolve(apex, 'TXT')
    const spf = textsOf(texts).filter(({ text }) => readSpf(text))
    const hasMail = (await dns.resolve(apex, 'MX')).records.some(
      ({ type, data }) => type === 'MX' && !data.endsWith(' .'),
    )
    for (const record of spf) {
      yield recordOf(record)
      yield* spfMentions(record.text)
    }
    const policies = await dns.resolve(`_dmarc.${apex}`, 'TXT')
    const dmarc = textsOf(policies).filter(({ text }) => readTags(text, 'DMARC1'))
    for (const record of dmarc) {
      yield recordOf(record)
      const tags = readTags(record.text, 'DMARC1')
      for (const address of [...mailtoOf(tags?.['rua']), ...mailtoOf(tags?.['ruf'])]) {
        yield observe('email', address, { via: 'mentions' })
      }
    }
    yield* weaknessesOf(
      apex,
      hasMail,
      isConclusive(texts) ? spf.map(({ text }) => text) : undefined,
      isConclusive(policies) ? dmarc.map(({ text }) => text) : undefined,
    )

    for (const record of textsOf(await dns.resolve(`_smtp._tls.${apex}`, 'TXT'))) {
      const tags = readTags(record.text, 'TLSRPTv1')
      if (!tags) continue
      yield recordOf(record)
      for (const address of mailtoOf(tags['rua'])) yield observe('email', address, { via: 'mentions' })
    }
    for (const record of textsOf(await dns.resolve(`default._bimi.${apex}`, 'TXT'))) {
      const tags = readTags(record.text, 'BIMI1')
      if (!tags) continue
      yield recordOf(record)
      if (tags['l']) yield observe('url', tags['l'], { via: 'links_to' })
    }
    const keys = dkimSelectors.map((selector) => ({ name: `${selector}._domainkey.${apex}`, type: 'TXT' as const }))
    for await (const answer of dns.resolveMany(keys)) {
      for (const record of textsOf(answer)) if (/(^|;)\s*p\s*=/i.test(record.text)) yield recordOf(record)
    }
    const sts = textsOf(await dns.resolve(`_mta-sts.${apex}`, 'TXT')).filter(({ text }) => readTags(text, 'STSv1'))
    for (const record of sts) yield recordOf(record)
    if (sts.length === 0) return
    const address = `https://mta-sts.${apex}/.well-known/mta-sts.txt`
    // RFC 8461 §3.3: the certificate must be valid and redirects are not followed.
    const policy = await http.look(address, { redirects: 0, maxBytes: 65_536 })
    const hosts = policy?.status === 200 ? readStsPolicy(textOf(policy)) : undefined
    if (!hosts) return
    yield observe('url', address, { via: 'links_to' })
    for (const host of hosts) if (!host.startsWith('*.')) yield observe('domain', host, { via: 'mail_server' })
  },
})

interface TextRecord {
  name: string
  text: string
  ttl: number
  exchange?: string
}

/** The texts of an answer under the name that was asked, wherever an alias leads. */
function textsOf(answer: DnsAnswer): TextRecord[] {
  const exchange = answer.exchange === undefined ? {} : { exchange: answer.exchange }
  return answer.records
    .filter(({ type }) => type === 'TXT')
    .map(({ data, ttl }) => ({ name: answer.name, text: data, ttl, ...exchange }))
}

function recordOf({ name, text, ttl, exchange }: TextRecord): Mail {
  return observe('dns-record', `${name} TXT ${text}`, {
    via: 'dns_record',
    qualifier: 'TXT',
    attributes: { ttl },
    ...(exchange === undefined ? {} : { exchange }),
  })
}

/** Names and addresses that an SPF record lets send; terms with macros name nothing that is fixed. */
function* spfMentions(text: string): Generator<Mail, void, void> {
  for (const { name, value } of readSpf(text) ?? []) {
    if (value === '' || value.includes('%')) continue
    const bare = value.replace(/\/[^]*$/, '')
    if (['include', 'redirect', 'exists'].includes(name)) yield observe('domain', value, { via: 'mentions' })
    else if (name === 'a' || name === 'mx') {
      if (bare !== '') yield observe('domain', bare, { via: 'mentions' })
    } else if (name === 'ip4' || name === 'ip6') {
      const single = bare === value || value.endsWith(name === 'ip4' ? '/32' : '/128')
      yield observe(single ? 'ip-address' : 'netblock', single ? bare : value, { via: 'mentions' })
    }
  }
}
