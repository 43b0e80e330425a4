import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { normaliseDomain } from '../infrastructure/domain.ts'

export const paste: EntityDefinition = {
  type: 'paste',
  version: 1,
  title: 'Paste',
  plural: 'Pastes',
  form: '`site/id`: `pastebin.com/AbCd1234`; ids tell case apart',
  examples: [
    { raw: 'https://pastebin.com/raw/AbCd1234', value: 'pastebin.com/AbCd1234' },
    { raw: 'https://gist.github.com/jdoe/aa5a315d61ae9438b18d', value: 'gist.github.com/aa5a315d61ae9438b18d' },
    { raw: 'https://rentry.co/abcde/raw', value: 'rentry.co/abcde' },
    { raw: 'Paste.Example.com/AbC', value: 'paste.example.com/AbC' },
  ],
  counterExamples: ['https://example.com/AbCd1234', 'pastebin.com', 'pastebin.com/', 'AbCd1234', ''],
  normalise: normalisePaste,
  fromUrl: (url) => pasteAt(url.slice(url.indexOf('//') + 2)),
  display: displayAsIs,
}

/** Paste sites and where in the path the id stands. */
const sites: Record<string, RegExp> = {
  'pastebin.com': /^(?:raw\/|dl\/|print\/|embed\/)?([A-Za-z\d]{8})\/?$/,
  'gist.github.com': /^(?:[\w-]{1,39}\/)?([\da-f]{20,32})(?:\/|$)/,
  'gist.githubusercontent.com': /^[\w-]{1,39}\/([\da-f]{20,32})(?:\/|$)/,
  'rentry.co': /^([\w-]{2,64})(?:\/raw)?\/?$/,
  'paste.ee': /^(?:p|r|d)\/([\w-]{2,32})(?:\/|$)/,
  'dpaste.org': /^([A-Za-z\d]{4,10})(?:\/|$)/,
  'dpaste.com': /^([A-Z\d]{4,12})(?:\.txt)?\/?$/,
  'controlc.com': /^([\da-f]{8})\/?$/,
  'justpaste.it': /^([\w-]{3,64})\/?$/,
  'ideone.com': /^([A-Za-z\d]{6})\/?$/,
  'ghostbin.com': /^paste\/([\w-]{3,16})(?:\/|$)/,
  'hastebin.com': /^(?:raw\/|share\/)?([a-z]{6,12})(?:\.\w{1,8})?\/?$/,
}

function normalisePaste(raw: string): string | undefined {
  if (raw.length > 1024) return undefined
  const text = raw.trim()
  const location = text.replace(/^https?:\/\//i, '')
  const known = pasteAt(location)
  if (known !== undefined || location !== text) return known
  const [, site = '', id = ''] = /^([^/]+)\/([\w-]{2,64})$/.exec(text) ?? []
  const host = normaliseDomain(site)
  return host === undefined ? undefined : `${canonicalSite(host)}/${id}`
}

function pasteAt(location: string): string | undefined {
  const slash = location.indexOf('/')
  const host = location
    .slice(0, Math.max(slash, 0))
    .toLowerCase()
    .replace(/^www\./, '')
  const id = Object.hasOwn(sites, host)
    ? sites[host]!.exec(location.slice(slash + 1).replace(/[?#].*$/s, ''))?.[1]
    : undefined
  return id === undefined ? undefined : `${canonicalSite(host)}/${id}`
}

function canonicalSite(host: string): string {
  return host === 'gist.githubusercontent.com' ? 'gist.github.com' : host.replace(/^www\.(?=[^.]+\.)/, '')
}
