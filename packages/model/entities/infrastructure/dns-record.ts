import { displayName } from '../../domain-name.ts'
import { type EntityDefinition, maxValueLength } from '../definition.ts'
import { oneLine } from '../wording.ts'
import { normaliseDomain } from './domain.ts'

export const dnsRecord: EntityDefinition = {
  type: 'dns-record',
  version: 1,
  title: 'DNS record',
  plural: 'DNS records',
  form: '`name TYPE data`, only for types whose data names no entity: TXT, SPF, DMARC, CAA, SOA and the like',
  examples: [
    { raw: 'Example.com. txt  google-site-verification=Abc', value: 'example.com TXT google-site-verification=Abc' },
    { raw: 'example.com TXT "v=spf1 -all"', value: 'example.com SPF v=spf1 -all' },
    { raw: '_dmarc.example.com TXT v=DMARC1; p=none', value: '_dmarc.example.com DMARC v=DMARC1; p=none' },
    { raw: 'example.com CAA 0 ISSUE "ca.example"', value: 'example.com CAA 0 issue "ca.example"' },
    {
      raw: 'example.com SOA NS1.example.com. Admin.example.com. 1 7200 900 1209600 300',
      value: 'example.com SOA ns1.example.com admin.example.com 1 7200 900 1209600 300',
    },
  ],
  counterExamples: [
    'example.com A 192.0.2.1',
    'example.com MX 10 mail.example.com',
    'example.com TXT',
    'TXT example.com x',
    '',
  ],
  normalise: normaliseRecord,
  display: (value) => {
    const space = value.indexOf(' ')
    return displayName(value.slice(0, space)) + value.slice(space)
  },
}

/** Types whose data is an entity of its own; such a record is a relationship. */
const relational = new Set(['A', 'AAAA', 'CNAME', 'DNAME', 'NS', 'MX', 'PTR', 'SRV'])

/** SPF (RFC 7208) and DMARC (RFC 7489) are published as TXT; they get a type of their own, whoever reads them. */
function normaliseRecord(raw: string): string | undefined {
  const match = /^(\S+) ([A-Za-z][A-Za-z\d]{0,15}) (.+)$/.exec(oneLine(raw))
  const name = normaliseDomain(match?.[1] ?? '')
  if (!match || name === undefined) return undefined
  const written = match[2]!.toUpperCase()
  if (relational.has(written)) return undefined
  const text = ['TXT', 'SPF', 'DMARC'].includes(written) ? match[3]!.replace(/^"(.*)"$/, '$1').trim() : match[3]!
  const type = written === 'TXT' ? textType(name, text) : written
  const value = `${name} ${type} ${canonicalData(type, text)}`
  return text !== '' && value.length <= maxValueLength ? value : undefined
}

function textType(name: string, text: string): string {
  if (/^v=spf1(?: |$)/i.test(text)) return 'SPF'
  return name.startsWith('_dmarc.') && /^v=DMARC1\b/i.test(text) ? 'DMARC' : 'TXT'
}

function canonicalData(type: string, text: string): string {
  if (type === 'CAA') return text.replace(/^(\d+) (\S+)/, (_, flags, tag: string) => `${flags} ${tag.toLowerCase()}`)
  if (type !== 'SOA') return text
  const [primary = '', mailbox = '', ...numbers] = text.split(' ')
  return [primary, mailbox]
    .map((name) => name.toLowerCase().replace(/\.{1,9}$/, '') || '.')
    .concat(numbers)
    .join(' ')
    .trim()
}
