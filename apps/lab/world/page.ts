import { type Company, jsonLdOf } from './company.ts'

/** A page as what it says, so that its bytes and the truth about it come from the same statement. */
export interface Page {
  /** Path and query. */
  path: string
  status: number
  /** The media type. */
  type: string
  title?: string
  /** Where it sends the browser, for a 3xx. */
  location?: string
  parts: Part[]
  /** The whole body, for what is no HTML; entities in it are listed in `parts`, too. */
  body?: string | Uint8Array
}

/** One thing a page says. `text` says nothing that is an entity, though some of it looks like one. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'link'; href: string; text: string; element?: 'a' | 'area' | 'iframe' | 'script' }
  | { kind: 'image'; src: string }
  | { kind: 'email'; email: string; mailto?: boolean }
  | { kind: 'phone'; phone: string; shown: string; tel?: boolean }
  | { kind: 'account'; href: string }
  | { kind: 'crypto'; shown: string }
  | { kind: 'iban'; shown: string }
  | { kind: 'hash'; shown: string }
  | { kind: 'onion'; shown: string }
  | { kind: 'company'; company: Company }
  | { kind: 'app'; id: string }
  | { kind: 'analytics'; id: string }
  | { kind: 'secret'; secretKind: string; secret: string }
  | { kind: 'form'; method: 'GET' | 'POST'; action: string; fields: string[] }

/** The bytes of a page. `generator` is what the site's product writes about itself. */
export function renderPage(page: Page, generator?: string): Uint8Array {
  if (page.body !== undefined) return typeof page.body === 'string' ? Buffer.from(page.body, 'utf8') : page.body
  if (page.type !== 'text/html') return Buffer.from(page.parts.map(plainPart).join('\n'), 'utf8')
  const head = [
    '<meta charset="utf-8">',
    page.title === undefined ? '' : `<title>${escape(page.title)}</title>`,
    generator === undefined ? '' : `<meta name="generator" content="${escape(generator)}">`,
    ...page.parts.filter(isHead).map(htmlPart),
  ].filter((line) => line !== '')
  const body = page.parts.filter((part) => !isHead(part)).map(htmlPart)
  return Buffer.from(
    `<!doctype html>\n<html lang="en">\n<head>\n${head.join('\n')}\n</head>\n<body>\n${page.title === undefined ? '' : `<h1>${escape(page.title)}</h1>\n`}${body.join('\n')}\n</body>\n</html>\n`,
    'utf8',
  )
}

function isHead({ kind }: Part): boolean {
  return kind === 'analytics' || kind === 'company'
}

function htmlPart(part: Part): string {
  switch (part.kind) {
    case 'text':
      return `<p>${escape(part.text)}</p>`
    case 'link':
      if (part.element === 'script') return `<script src="${escape(part.href)}"></script>`
      if (part.element === 'iframe') return `<iframe src="${escape(part.href)}" title="${escape(part.text)}"></iframe>`
      if (part.element === 'area')
        return `<map name="plan"><area shape="rect" coords="0,0,9,9" href="${escape(part.href)}" alt="${escape(part.text)}"></map>`
      return `<p><a href="${escape(part.href)}">${escape(part.text)}</a></p>`
    case 'image':
      return `<img src="${escape(part.src)}" alt="">`
    case 'email':
      return part.mailto === true
        ? `<p>Write to <a href="mailto:${escape(part.email)}">us</a></p>`
        : `<p>Write to ${escape(part.email)} for more.</p>`
    case 'phone':
      return part.tel === true
        ? `<p>Call <a href="tel:${escape(part.phone)}">us</a></p>`
        : `<p>Call ${escape(part.shown)} on weekdays.</p>`
    case 'account':
      return `<p><a rel="me" href="${escape(part.href)}">Follow us</a></p>`
    case 'crypto':
      return `<p>Donate: <code>${escape(part.shown)}</code></p>`
    case 'iban':
      return `<p>Account: ${escape(part.shown)} (please name your invoice)</p>`
    case 'hash':
      return `<p>Checksum: <code>${escape(part.shown)}</code></p>`
    case 'onion':
      return `<p>By Tor: <code>${escape(part.shown)}</code></p>`
    case 'app':
      return `<p>Our app: ${escape(part.id)}</p>`
    case 'company':
      return `<script type="application/ld+json">${JSON.stringify(jsonLdOf(part.company))}</script>`
    case 'analytics':
      return `<script>window.dataLayer=window.dataLayer||[];function track(){dataLayer.push(arguments)};track('config','${part.id}');</script>`
    case 'secret':
      return `<!-- ${part.secret} -->`
    case 'form':
      return `<form method="${part.method.toLowerCase()}" action="${escape(part.action)}">${part.fields
        .map((field) => `<input name="${escape(field)}" type="${field === 'password' ? 'password' : 'text'}">`)
        .join('')}<button>Send</button></form>`
  }
}

/** In text, JavaScript and JSON a part is a line. */
function plainPart(part: Part): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'email':
      return `const contact = "${part.email}";`
    case 'secret':
      return `const ${part.secretKind.replaceAll('-', '_')} = "${part.secret}";`
    case 'analytics':
      return `track("config", "${part.id}");`
    case 'hash':
      return `// ${part.shown}`
    default:
      throw new Error(`a page that is no HTML cannot hold ${part.kind}`)
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
