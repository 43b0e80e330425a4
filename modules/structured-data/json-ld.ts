import { MarkupParser } from '@mirage/module-sdk/markup.ts'

/** An object of JSON-LD; its values are whatever a stranger wrote. */
export type Node = Readonly<Record<string, unknown>>

/** What visitors say is nothing that the site states of itself. */
const passedOver = new Set(['@context', 'review', 'reviews', 'comment', 'aggregateRating', 'interactionStatistic'])

const maxNodes = 1000
const maxDepth = 20
const maxText = 1_000_000

/**
 * The JSON-LD of a page (https://www.w3.org/TR/json-ld11/#embedding-json-ld-in-html-documents) as plain objects: graphs
 * opened, and references by `@id` replaced by the object of the page that has that id. What is no JSON is left out.
 */
export class JsonLd {
  /** Every object of the page, those inside others included, in order. */
  readonly nodes: readonly Node[]
  readonly #byId = new Map<string, Node>()

  constructor(html: string) {
    const nodes: Node[] = []
    for (const text of scriptsOf(html)) collect(parse(text), nodes, 0)
    this.nodes = nodes
    for (const node of nodes) {
      const id = node['@id']
      // A mere reference has nothing but its id.
      if (typeof id === 'string' && Object.keys(node).length > 1 && !this.#byId.has(id)) this.#byId.set(id, node)
    }
  }

  /** The objects that a property holds, one or many. */
  objects(node: Node, property: string): Node[] {
    return listed(node[property])
      .filter(isNode)
      .map((value) => this.resolve(value))
  }

  /** The object that a reference stands for, or the object itself. */
  resolve(node: Node): Node {
    const id = node['@id']
    return (typeof id === 'string' && this.#byId.get(id)) || node
  }
}

/** The texts that a property holds, one or many: strings, numbers, and values such as `{ "@value": "…" }`. */
export function texts(node: Node, property: string): string[] {
  return listed(node[property]).flatMap((value) => {
    const plain = isNode(value) ? (value['@value'] ?? value['@id']) : value
    return typeof plain === 'string' || typeof plain === 'number' ? String(plain).trim() || [] : []
  })
}

/** The first text of a property. */
export function text(node: Node, property: string): string | undefined {
  return texts(node, property)[0]
}

/** The types of an object without the vocabulary they are from. */
export function typesOf(node: Node): string[] {
  return texts(node, '@type').map((type) => type.replace(/^(?:https?:\/\/schema\.org\/|schema:)/, ''))
}

function scriptsOf(html: string): string[] {
  const scripts: string[] = []
  let open: string | undefined
  const parser = new MarkupParser(
    {
      onopentag(name, attributes) {
        if (name === 'script' && /^application\/ld\+json\b/i.test(attributes['type']?.trim() ?? '')) open = ''
      },
      ontext(data) {
        if (open !== undefined && open.length < maxText) open += data
      },
      onclosetag() {
        if (open !== undefined) scripts.push(open)
        open = undefined
      },
    },
    { lowerCaseTags: true, decodeEntities: false },
  )
  parser.end(html)
  return scripts
}

function parse(text: string): unknown {
  try {
    // Some systems wrap it in the comment that hid scripts from the browsers of 1996.
    return JSON.parse(text.replace(/^\s*(?:<!--|\/\*<!\[CDATA\[\*\/)|(?:-->|\/\*\]\]>\*\/)\s*$/g, ''))
  } catch {
    return undefined
  }
}

function collect(value: unknown, into: Node[], depth: number): void {
  if (depth > maxDepth || into.length >= maxNodes) return
  if (Array.isArray(value)) for (const one of value) collect(one, into, depth + 1)
  if (!isNode(value)) return
  into.push(value)
  for (const [property, inner] of Object.entries(value)) if (!passedOver.has(property)) collect(inner, into, depth + 1)
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, maxNodes) : value === undefined ? [] : [value]
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
