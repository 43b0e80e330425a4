import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { headerOf, textOf } from './body.ts'
import { MarkupParser } from './markup.ts'

export interface PageLink {
  /** Absolute, as the WHATWG URL standard writes it, without its fragment. */
  url: string
  element: 'a' | 'area' | 'frame' | 'script' | 'form' | 'link' | 'image'
  /** The `rel` of a `link` or `a`, in lower case. */
  rel?: string
}

export interface PageForm {
  action: string
  method: 'get' | 'post'
  /** `name:type` of each field, in order. */
  fields: string[]
}

export interface Page {
  title?: string
  links: PageLink[]
  /** The targets of `mailto:` and `tel:` links, without scheme and query. */
  mailto: string[]
  tel: string[]
  forms: PageForm[]
  /** Contents of `<meta>` by `name` or `property`, in lower case. */
  meta: Record<string, string>
  /** What a reader sees, elements separated by blanks; no scripts, no styles. */
  text: string
}

const maxLinks = 5000
const maxForms = 100
const maxFields = 200
const maxText = 2_000_000

const linkAttributes: Record<string, [element: PageLink['element'], attribute: string]> = {
  a: ['a', 'href'],
  area: ['area', 'href'],
  iframe: ['frame', 'src'],
  frame: ['frame', 'src'],
  script: ['script', 'src'],
  link: ['link', 'href'],
  img: ['image', 'src'],
}

const unseen = new Set(['script', 'style', 'noscript', 'template', 'svg'])

/** Reads an HTML answer in one pass, bounded in what it keeps; broken markup is read as far as it goes. */
export function readPage(answer: HttpAnswer): Page {
  const page: Page & { title: string } = { title: '', links: [], mailto: [], tel: [], forms: [], meta: {}, text: '' }
  const seen = new Set<string>()
  let base = answer.url
  let form: PageForm | undefined
  let hidden = 0
  let inTitle = false
  let text = ''

  function addLink(element: PageLink['element'], target: string | undefined, rel?: string): void {
    const url = target === undefined ? undefined : resolveLink(target, base)
    if (url === undefined || page.links.length >= maxLinks || seen.has(`${element} ${rel} ${url}`)) return
    seen.add(`${element} ${rel} ${url}`)
    page.links.push(rel === undefined ? { url, element } : { url, element, rel })
  }

  const parser = new MarkupParser(
    {
      onopentag(name, attributes) {
        if (unseen.has(name)) hidden++
        text += ' '
        const link = linkAttributes[name]
        if (name === 'a' || name === 'area') readContactLink(page, attributes['href'] ?? '')
        if (link) addLink(link[0], attributes[link[1]], attributes['rel']?.toLowerCase())
        else if (name === 'title') inTitle = hidden === 0 && page.title === ''
        else if (name === 'base') base = resolveLink(attributes['href'] ?? '', answer.url) ?? base
        else if (name === 'meta') readMeta(page.meta, attributes)
        else if (name === 'form' && page.forms.length < maxForms) {
          form = readForm(attributes, base)
          page.forms.push(form)
          addLink('form', attributes['action'])
        } else if (form && (name === 'input' || name === 'textarea' || name === 'select'))
          readField(form, name, attributes)
      },
      ontext(data) {
        if (inTitle) page.title += data
        else if (hidden === 0 && text.length < maxText) text += data
      },
      onclosetag(name) {
        if (unseen.has(name)) hidden = Math.max(0, hidden - 1)
        else if (name === 'title') inTitle = false
        else if (name === 'form') form = undefined
        text += ' '
      },
    },
    { lowerCaseTags: true, decodeEntities: true },
  )
  parser.end(textOf(answer))
  const { title, ...read } = page
  const shown = collapse(title).slice(0, 500)
  return { ...read, text: collapse(text), ...(shown === '' ? {} : { title: shown }) }
}

/** True for an answer whose body is HTML, by its media type or, where the peer names none, by its first bytes. */
export function isHtml(answer: HttpAnswer): boolean {
  const type = headerOf(answer, 'content-type')?.toLowerCase()
  if (type !== undefined) return /^(text\/html|application\/xhtml\+xml)\b/.test(type.trim())
  return /^\s*<(!doctype|html|head|body)/i.test(new TextDecoder('latin1').decode(answer.body.subarray(0, 256)))
}

/** `target` of a page at `base`: absolute, without its fragment; undefined unless it is http or https. */
export function resolveLink(target: string, base: string): string | undefined {
  const url = URL.parse(target.trim(), base)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  url.hash = ''
  return url.href
}

/** RFC 6068 and RFC 3966: what stands before the query, percent-decoded. */
function readContactLink(page: Page, href: string): void {
  const [, scheme = '', target = ''] = /^\s*(mailto|tel):([^?;]+)/i.exec(href) ?? []
  if (target === '' || page.mailto.length + page.tel.length >= maxLinks) return
  const targets = decodePercent(target).split(',')
  if (scheme.toLowerCase() === 'tel') page.tel.push(targets[0]!.trim())
  else page.mailto.push(...targets.map((one) => one.trim()))
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function readMeta(meta: Record<string, string>, attributes: Record<string, string>): void {
  const name = (attributes['name'] ?? attributes['property'] ?? '').toLowerCase()
  if (name !== '' && name.length <= 64 && attributes['content']) meta[name] ??= attributes['content'].slice(0, 1000)
}

function readForm(attributes: Record<string, string>, base: string): PageForm {
  const method = attributes['method']?.toLowerCase() === 'post' ? 'post' : 'get'
  return { action: resolveLink(attributes['action'] ?? '', base) ?? base, method, fields: [] }
}

function readField(form: PageForm, element: string, attributes: Record<string, string>): void {
  if (form.fields.length >= maxFields) return
  const type = element === 'input' ? (attributes['type']?.toLowerCase() ?? 'text') : element
  if (attributes['name']) form.fields.push(`${attributes['name'].slice(0, 100)}:${type}`)
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
