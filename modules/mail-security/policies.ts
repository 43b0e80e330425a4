/** What the domain-name policies of mail say, read from the text of their records. */

export interface SpfTerm {
  /** `include`, `redirect`, `a`, `mx`, `exists`, `ip4`, `ip6`, `ptr`, `all`. */
  name: string
  value: string
  qualifier: '+' | '-' | '~' | '?'
}

/** The terms of an SPF record (RFC 7208 §4.6.1) in order; undefined when the text is none. */
export function readSpf(text: string): SpfTerm[] | undefined {
  const [version, ...terms] = text.trim().split(/\s+/)
  if (version?.toLowerCase() !== 'v=spf1') return undefined
  return terms.flatMap((term) => {
    const [, qualifier = '+', name = '', value = ''] = /^([-+~?])?([a-z][\w.-]*)(?:[:=](.*))?$/i.exec(term) ?? []
    return name === '' ? [] : [{ name: name.toLowerCase(), value, qualifier: qualifier as SpfTerm['qualifier'] }]
  })
}

/**
 * The tags of a record in the form `v=X1; a=b; c=d` (DMARC, RFC 7489 §6.4; TLS-RPT, RFC 8460; MTA-STS, RFC 8461;
 * BIMI), names in lower case; undefined unless it begins with this version.
 */
export function readTags(text: string, version: string): Record<string, string> | undefined {
  const tags: Record<string, string> = {}
  for (const part of text.split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) tags[part.slice(0, equals).trim().toLowerCase()] ??= part.slice(equals + 1).trim()
  }
  return tags['v']?.toLowerCase() === version.toLowerCase() && /^\s*v\s*=/i.test(text) ? tags : undefined
}

/** The e-mail addresses of a list of report URIs: `mailto:a@b.example!10m,https://…`. */
export function mailtoOf(uris: string | undefined): string[] {
  return (uris ?? '').split(',').flatMap((uri) => /^\s*mailto:([^!?\s]+)/i.exec(uri)?.[1] ?? [])
}

/** The `mx` patterns of an MTA-STS policy file (RFC 8461 §3.2); undefined when it is none. */
export function readStsPolicy(text: string): string[] | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.split(':').map((part) => part.trim()))
  if (!lines.some(([name, value]) => name === 'version' && value === 'STSv1')) return undefined
  return lines.flatMap(([name, value]) => (name === 'mx' && value ? [value] : []))
}
